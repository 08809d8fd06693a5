"""What one try of a scan works with."""

from dataclasses import dataclass

from indexer.stores import IndexerStores
from shared.domain.job import JobSpec
from shared.ledger import ScanStart
from shared.retry import RetryPolicy


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
