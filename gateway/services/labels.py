"""Changes of an image's tags and metadata by a client."""

from collections.abc import Collection

from shared.domain.image import ImageRow
from shared.domain.labels import LabelChange
from shared.errors import PreconditionFailed
from shared.ledger import RowLock, RowLocks
from shared.store import Images

#: Whom the ledger remembers changes by that clients make.
WRITER = "client"

#: The versions that a client accepts; None for any.
Versions = Collection[str] | None


class LabelService:
    """Changes rows under their lock, so that no load and no other client overwrites the change."""

    def __init__(self, images: Images, row_locks: RowLocks) -> None:
        self._images = images
        self._row_locks = row_locks

    def update(
        self, collection: str, image: str, change: LabelChange, versions: Versions = None
    ) -> ImageRow:
        """Change an image's tags, metadata or both, if it has one of these versions.

        Raises NotFound, PreconditionFailed, InvalidRequest as `Images.update`, Unavailable
        `image_busy`.
        """
        with self._row_locks.hold(RowLock(collection, [image], WRITER)) as held:

            def revise(row: ImageRow) -> ImageRow:
                require_version(row, versions)
                held.require_time()
                return change.apply(row)

            return self._images.revise(collection, image, revise)


def require_version(row: ImageRow, versions: Versions) -> None:
    """Raise PreconditionFailed unless a row has one of the versions."""
    if versions is not None and row.version not in versions:
        raise PreconditionFailed(
            "precondition_failed",
            "The image was changed since it was read. Read it again, then decide.",
        )
