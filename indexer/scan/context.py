"""What one try of a scan works with."""

from dataclasses import dataclass

from indexer.stores import IndexerStores
from shared.domain.job import JobSpec
from shared.ledger import ScanStart
from shared.retry import RetryPolicy


class ScanSuspended(Exception):
    """A scan gives its thread to others, as what it waits for may take long.

    It is sent again when the job is resumed, or when its chunks are reported where it has finished
    its walk, of which `walk` is what is kept.
    """

    def __init__(self, walk: str = "") -> None:
        super().__init__()
        self.walk = walk


@dataclass(frozen=True)
class ScanContext:
    """One try of a job's scan. The repeatable calls of `stores` are under `retry`."""

    spec: JobSpec
    start: ScanStart
    retry: RetryPolicy
    stores: IndexerStores

    @property
    def generation(self) -> int:
        return self.start.generation
