"""Removal of rows by a job: each is counted once, whichever try of its scan removes it."""

from collections.abc import Callable, Mapping, Sequence

from indexer.scan.context import ScanContext
from shared.domain.image import FileVersion, ImageRow, ids_by_job
from shared.ledger import RowLock
from shared.log import get_logger

_log = get_logger(__name__)

#: Rows that are removed together.
BATCH = 500

Unwanted = Callable[[ImageRow], bool]


class RowRemoval:
    """Removes batches of rows. Methods raise NotFound, ScanSuperseded, JobEnded, ShuttingDown."""

    def __init__(self, context: ScanContext) -> None:
        self._spec = context.spec
        self._generation = context.generation
        self._retry = context.retry
        self._scans = context.stores.scans
        self._row_locks = context.stores.row_locks
        self._jobs = context.stores.jobs
        self._upload_files = context.stores.upload_files
        self._images = context.stores.images.with_retry(None)
        self._writer = context.stores.writer.with_retry(None)

    def remove(self, ids: Sequence[str], unwanted: Unwanted | None = None) -> None:
        """Remove rows, or those of them that are `unwanted` still; noted in the ledger before."""
        self._scans.begin_removal(self._spec.id, self._generation, ids)
        self._finish(ids, unwanted)

    def finish_begun(self, unwanted: Unwanted) -> None:
        """Finish a batch that an earlier try of this scan began and did not count.

        Rows that are not `unwanted` any more stay, and are not counted.
        """
        if ids := self._scans.removal_begun(self._spec.id):
            self._finish(ids, unwanted)

    def _finish(self, ids: Sequence[str], unwanted: Unwanted | None) -> None:
        removed = self._retry(self._delete, ids, unwanted)
        self._scans.end_removal(self._spec.id, self._generation, removed)
        _log.info("images_removed", images=removed)

    def _delete(self, ids: Sequence[str], unwanted: Unwanted | None) -> int:
        """Delete rows under their locks, so that nobody who has read one writes it again."""
        collection = self._spec.collection
        wanted = RowLock(collection, ids, self._spec.id)
        with self._row_locks.hold(wanted, self._retry.sleep) as held:
            stay: set[str] = set()
            rows: Mapping[str, ImageRow | FileVersion]
            if unwanted is None:
                rows = self._images.file_versions(collection, ids, strong=True)
            else:
                found = self._images.get_many(collection, ids, strong=True)
                rows = {image: row for image, row in found.items() if unwanted(row)}
                stay = found.keys() - rows.keys()
                # A gateway deletes them, which waits for this lock.
                self._upload_files.add_deleted(collection, [found[image].uri for image in rows])
            self._jobs.account(ids_by_job(rows))
            gone = [image for image in ids if image not in stay]
            self._writer.delete(collection, gone, self._spec.generation, held=held)
        return len(gone)
