"""When a batch of a listing is due: by its files, its entries, or its time."""

import time

from indexer.sources import Batch

BATCH_FILES = 1000
#: A batch is also due after so many entries or seconds, so that progress is visible.
_BATCH_ENTRIES = 5000
_BATCH_SECONDS = 1.0


class Batching:
    """Collects what a listing finds in `batch`."""

    def __init__(self) -> None:
        self.batch = Batch()
        self._seen = 0
        self._due = time.monotonic() + _BATCH_SECONDS

    def is_due(self) -> bool:
        """Whether the batch is to be taken, now that one more entry was seen."""
        self._seen += 1
        full = len(self.batch.files) >= BATCH_FILES or self._seen >= _BATCH_ENTRIES
        return full or time.monotonic() > self._due

    def take(self) -> Batch:
        """The batch; another one begins."""
        taken, self.batch = self.batch, Batch()
        self._seen, self._due = 0, time.monotonic() + _BATCH_SECONDS
        return taken
