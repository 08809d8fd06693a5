"""Forgetting: images, collections, and the uploaded files that only they needed."""

import shutil

from gateway.files import uploads
from shared.domain.image import ImageFilter
from shared.errors import NotFound, image_not_found
from shared.ledger import Jobs
from shared.settings import Settings
from shared.store import Collections, Images


class DeletionService:
    """Forgets what Milvus, the ledger and the disk know. Files under image roots are not ours."""

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
            # Asked first: while Milvus is away nothing is forgotten by halves.
            self._collections.identity(name)
        except NotFound as error:
            # What an interrupted removal left behind goes all the same.
            missing = error
        # Before the collection, so that no chunk in work is written into a new one of its name.
        self._jobs.forget_collection(name)
        if missing is None:
            self._collections.drop(name)
        shutil.rmtree(self._settings.uploads_dir / name, ignore_errors=True)
        if missing is not None:
            raise missing

    def image(self, collection: str, image_id: str) -> None:
        """Forget an image. Raises NotFound `collection_not_found`, `image_not_found`."""
        row = self._images.get(collection, image_id)
        if self._images.delete(collection, [image_id]) == 0:
            raise image_not_found(image_id)
        uploads.remove([row.uri], collection, self._settings)

    def matching(self, collection: str, wanted: ImageFilter) -> int:
        """Forget all images that a filter names; returns how many.

        Raises NotFound `collection_not_found`, InvalidRequest `empty_filter`.
        """
        return self._images.delete_matching(
            collection,
            wanted,
            on_deleted=lambda rows: uploads.remove(
                [row.uri for row in rows], collection, self._settings
            ),
        )
