"""What one try of a scan works with."""

import time
from dataclasses import dataclass

from indexer.stores import IndexerStores
from shared.domain.collection import CollectionIdentity
from shared.domain.job import JobSpec
from shared.errors import JobFailed
from shared.ledger import ScanStart
from shared.retry import RetryPolicy

_PAUSE_POLL_SECONDS = 0.5
#: Seconds for which a scan that waits, to be resumed or for its chunks, keeps its thread.
HOLD_SECONDS = 5.0


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

    def wait_while_paused(self) -> None:
        """Return when the job is not paused, at once in most cases.

        Raises ScanSuspended, JobEnded, ShuttingDown.
        """
        deadline = time.monotonic() + HOLD_SECONDS
        while self.stores.jobs.require_active(self.spec.id) == "paused":
            if time.monotonic() >= deadline:
                raise ScanSuspended
            self.retry.sleep(_PAUSE_POLL_SECONDS)


def require_edition(context: ScanContext, identity: CollectionIdentity) -> None:
    """Raise JobFailed `reencoded` unless all tries of a job see the same vectors."""
    if context.stores.scans.note_edition(context.spec.id, identity.edition) != identity.edition:
        raise JobFailed(
            "reencoded", "The collection was encoded anew meanwhile. Start the job again."
        )
