"""Deletes images and collections, and the uploaded files that belong to them."""

import shutil

from gateway.files import uploads
from shared.domain.image import ImageFilter
from shared.errors import NotFound, image_not_found
from shared.ledger import Jobs
from shared.settings import Settings
from shared.store import Collections, Images


class DeletionService:
    """Deletes from Milvus, the ledger and the uploads. Never touches files under image roots."""

    def __init__(
        self, settings: Settings, collections: Collections, images: Images, jobs: Jobs
    ) -> None:
        self._settings = settings
        self._collections = collections
        self._images = images
        self._jobs = jobs

    def collection(self, name: str) -> None:
        """Drop a collection with its jobs and uploads. Raises NotFound `collection_not_found`."""
        missing: NotFound | None = None
        try:
            # Checked first, so that nothing is deleted while Milvus does not answer.
            self._collections.identity(name)
        except NotFound as error:
            # An earlier deletion may have been interrupted: delete what it left.
            missing = error
        # Jobs before the collection, so that no running chunk writes to a new one of its name.
        self._jobs.forget_collection(name)
        if missing is None:
            self._collections.drop(name)
        shutil.rmtree(self._settings.uploads_dir / name, ignore_errors=True)
        if missing is not None:
            raise missing

    def image(self, collection: str, image_id: str) -> None:
        """Delete an image. Raises NotFound `collection_not_found`, `image_not_found`."""
        row = self._images.get(collection, image_id)
        if self._images.delete(collection, [image_id]) == 0:
            raise image_not_found(image_id)
        uploads.remove([row.uri], collection, self._settings)

    def matching(self, collection: str, wanted: ImageFilter) -> int:
        """Delete all images that match a filter; returns how many.

        Raises NotFound `collection_not_found`, InvalidRequest `empty_filter`.
        """
        return self._images.delete_matching(
            collection,
            wanted,
            on_deleted=lambda rows: uploads.remove(
                [row.uri for row in rows], collection, self._settings
            ),
        )
