"""Deletes images and collections, and the uploaded files that belong to them."""

import shutil
from typing import NamedTuple

from gateway.files import uploads
from gateway.services.labels import WRITER, Versions, require_version
from shared.domain.image import ImageFilter
from shared.errors import NotFound, image_not_found
from shared.ledger import Jobs, RowLock, RowLocks
from shared.settings import Settings
from shared.store import Collections, Images, ImageWriter


class Store(NamedTuple):
    """What of Milvus a deletion uses."""

    collections: Collections
    images: Images
    writer: ImageWriter


class DeletionService:
    """Deletes from Milvus, the ledger and the uploads. Never touches files under image roots."""

    def __init__(self, settings: Settings, store: Store, jobs: Jobs, row_locks: RowLocks) -> None:
        self._settings = settings
        self._store = store
        self._jobs = jobs
        self._row_locks = row_locks

    def collection(self, name: str) -> None:
        """Drop a collection with its jobs and uploads. Raises NotFound `collection_not_found`."""
        missing: NotFound | None = None
        try:
            # Checked first, so that nothing is deleted while Milvus does not answer.
            self._store.collections.identity(name)
        except NotFound as error:
            # An earlier deletion may have been interrupted: delete what it left.
            missing = error
        # Jobs before the collection, so that no running chunk writes to a new one of its name.
        self._jobs.forget_collection(name)
        if missing is None:
            self._store.collections.drop(name)
        shutil.rmtree(self._settings.uploads_dir / name, ignore_errors=True)
        if missing is not None:
            raise missing

    def image(self, collection: str, image_id: str, versions: Versions = None) -> None:
        """Delete an image, if it has one of these versions, and its file if it was uploaded.

        A job that has the upload still to index counts it as a failure, `missing`. Raises NotFound
        `collection_not_found`, `image_not_found`, PreconditionFailed, Unavailable `image_busy`.
        """
        generation = self._store.collections.identity(collection).generation
        with self._row_locks.hold(RowLock(collection, [image_id], WRITER)) as held:
            found = self._store.images.get_many(collection, [image_id], strong=True)
            if not found:
                raise image_not_found(image_id)
            require_version(found[image_id], versions)
            held.require_time()
            self._store.writer.delete(collection, [image_id], generation)
            # Under the lock: an upload of the same picture at this moment has its file after it.
            uploads.remove([found[image_id].uri], collection, self._settings)

    def matching(self, collection: str, wanted: ImageFilter) -> int:
        """Delete all images that match a filter; returns how many.

        Raises NotFound `collection_not_found`, InvalidRequest `empty_filter`.
        """
        return self._store.images.delete_matching(
            collection,
            wanted,
            on_deleted=lambda rows: uploads.remove(
                [row.uri for row in rows], collection, self._settings
            ),
        )
