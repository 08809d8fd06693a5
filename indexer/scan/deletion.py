"""A job that deletes the images of a filter, instead of loading any."""

from indexer.scan.context import ScanContext
from indexer.scan.removal import BATCH, RowRemoval
from shared.domain.image import ImageFilter
from shared.domain.job import DeletionSource
from shared.log import get_logger
from shared.store import matches

_log = get_logger(__name__)


class Deletion:
    """One try of such a job. A repeated one goes on with what is left."""

    def __init__(self, context: ScanContext, source: DeletionSource) -> None:
        self._context = context
        self._filter = ImageFilter(
            tag=source.tag, path_prefix=source.path_prefix, where=source.filter
        )
        self._images = context.stores.images
        self._removal = RowRemoval(context)

    def run(self) -> None:
        """Delete to the end.

        Raises NotFound, ScanSuperseded, ScanSuspended, JobEnded, ShuttingDown.
        """
        spec, stores = self._context.spec, self._context.stores
        stores.collections.identity(spec.collection).require_generation(spec.generation)
        self._removal.finish_begun(lambda row: matches(row, self._filter))
        # After a strong count, the look-ups that follow see every write before it.
        self._images.count(spec.collection, self._filter)
        last = ""
        while rows := self._images.list_uris(spec.collection, self._filter, last):
            last = rows[-1][0]
            for start in range(0, len(rows), BATCH):
                self._context.wait_while_paused()
                ids = [image for image, _ in rows[start : start + BATCH]]
                self._removal.remove(ids, lambda row: matches(row, self._filter))
        stores.scans.finish(spec.id, self._context.generation)
        _log.info("deletion_finished")
