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


class RegionSweep:
    """Looks through the collections whose regions are not as many as their images' should be."""

    def __init__(
        self, collections: Collections, images: Images, regions: Regions, row_locks: RowLocks
    ) -> None:
        self._collections = collections
        self._images = images
        self._regions = regions
        self._row_locks = row_locks

    def sweep(self) -> None:
        """Delete all regions without an image. Raises Unavailable."""
        for name in self._collections.names():
            try:
                identity = self._collections.identity(name)
                if identity.regions and not self._is_even(identity):
                    self._sweep(identity)
            except NotFound:
                continue  # Dropped meanwhile, and its regions with it.

    def _is_even(self, identity: CollectionIdentity) -> bool:
        images = self._collections.count(identity.name)
        return self._regions.count(identity.name, identity.generation) == images * len(REGIONS)

    def _sweep(self, identity: CollectionIdentity) -> None:
        name, generation, removed, after = identity.name, identity.generation, 0, ""
        while images := self._regions.images_after(name, generation, after):
            after = images[-1]
            if unknown := self._without_row(name, images, strong=False):
                removed += self._remove(identity, unknown)
        if removed:
            _log.info("regions_swept", collection=name, images=removed)

    def _remove(self, identity: CollectionIdentity, images: Sequence[str]) -> int:
        """Delete the regions of those that have no row, under the locks that loads hold."""
        lock = RowLock(identity.name, images, WRITER, changes_labels=False)
        try:
            with self._row_locks.hold(lock) as held:
                unknown = self._without_row(identity.name, images, strong=True)
                held.require_time()
                self._regions.delete(identity.name, identity.generation, unknown)
        except Unavailable as error:
            if error.code != "image_busy":
                raise
            return 0  # A load is writing some of them: the next sweep looks again.
        return len(unknown)

    def _without_row(self, collection: str, images: Sequence[str], *, strong: bool) -> list[str]:
        rows = self._images.get_many(collection, images, strong=strong)
        return [image for image in images if image not in rows]
