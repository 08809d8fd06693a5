"""Deletes the regions that no image has: what killed encoders and gateways leave behind."""

from collections.abc import Sequence

from gateway.services.labels import WRITER
from shared.domain.collection import CollectionIdentity
from shared.domain.regions import REGIONS
from shared.errors import NotFound, Unavailable
from shared.ledger import RowLock, RowLocks
from shared.log import get_logger
from shared.store import Collections, Images, Regions

_log = get_logger(__name__)

#: Images that are locked together while their regions are deleted, in one call to Milvus.
_BATCH = 200


class RegionSweep:
    """Looks through the collections whose regions are not as many as their images' should be."""

    def __init__(
        self, collections: Collections, images: Images, regions: Regions, row_locks: RowLocks
    ) -> None:
        self._collections = collections
        self._images = images
        self._regions = regions
        self._row_locks = row_locks

    def sweep(self) -> bool:
        """Delete all regions without an image; whether every collection could be looked at.

        Raises Unavailable where it cannot be said which collections there are.
        """
        complete = True
        for name in self._collections.names():
            try:
                identity = self._collections.identity(name)
                if identity.regions:
                    self._look(identity)
            except NotFound:
                continue  # Dropped meanwhile, and its regions with it.
            except Unavailable as error:
                _log.warning("region_sweep_postponed", collection=name, error=error.detail[:200])
                complete = False
        return complete

    def _look(self, identity: CollectionIdentity) -> None:
        # In this order a load, which writes regions first, does not look as if some were missing.
        wanted = self._collections.count(identity.name) * len(REGIONS)
        found = self._regions.count(identity.name, identity.edition)
        if found == wanted:
            return
        found -= self._sweep(identity) * len(REGIONS)
        if found < wanted:
            _log.warning("regions_missing", collection=identity.name, regions=wanted - found)

    def _sweep(self, identity: CollectionIdentity) -> int:
        """The number of images whose regions were deleted."""
        name, edition, removed, after = identity.name, identity.edition, 0, ""
        while images := self._regions.images_after(name, edition, after):
            after = images[-1]
            unknown = self._without_row(name, images, strong=False)
            for start in range(0, len(unknown), _BATCH):
                removed += self._remove(identity, unknown[start : start + _BATCH])
        if removed:
            _log.info("regions_swept", collection=name, images=removed)
        return removed

    def _remove(self, identity: CollectionIdentity, images: Sequence[str]) -> int:
        """Delete the regions of those that have no row, under the locks that loads hold."""
        lock = RowLock(identity.name, images, WRITER, changes_labels=False)
        try:
            with self._row_locks.hold(lock) as held:
                unknown = self._without_row(identity.name, images, strong=True)
                held.require_time()
                self._regions.delete(identity.name, identity.edition, unknown)
        except Unavailable as error:
            if error.code != "image_busy":
                raise
            return 0  # A load is writing some of them: the next sweep looks again.
        return len(unknown)

    def _without_row(self, collection: str, images: Sequence[str], *, strong: bool) -> list[str]:
        rows = self._images.file_versions(collection, images, strong=strong)
        return [image for image in images if image not in rows]
