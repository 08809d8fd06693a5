"""The services that change and delete images, and uploads without their requests."""

import io
from pathlib import Path

from gateway.files import uploads
from gateway.files.incoming import inspect
from gateway.services.bulk_tags import BulkTags
from gateway.services.deletion import DeletionService, Ledger, Store
from gateway.services.labels import LabelService
from gateway.services.loads import LoadOptions, LoadService
from gateway.services.renaming import RenamingService
from shared.domain.chunk import FileRef
from shared.domain.image import ImageRow
from shared.domain.job import Job, UploadSource
from shared.domain.labels import LabelChange
from shared.files.paths import upload_path
from shared.ledger import Drops, Jobs, Renamings, RowLocks, StandingSources, Workers
from shared.queue import Dispatcher, create_celery
from shared.redis import RedisClient
from shared.settings import Settings
from shared.store import Collections, Images, ImageWriter
from tests.drawn import draw


class Client:
    """Calls the services of a gateway, from any thread."""

    def __init__(
        self,
        settings: Settings,
        redis: RedisClient,
        collections: Collections,
        images: Images,
        writer: ImageWriter,
    ) -> None:
        self.settings = settings
        self.collection = settings.default_collection
        self.collections = collections
        self.jobs = Jobs(redis, settings)
        self.drops = Drops(redis)
        self._celery = create_celery(settings)
        locks, dispatcher = RowLocks(redis), Dispatcher(self._celery)
        self.labels = LabelService(images, locks)
        self.bulk_tags = BulkTags(collections, images, writer, locks)
        self.loads = LoadService(
            settings,
            self.jobs,
            Workers(redis, settings),
            collections,
            dispatcher,
            renamings := Renamings(redis),
        )
        ledger, store = (
            Ledger(self.jobs, locks, self.drops, renamings, StandingSources(redis)),
            Store(collections, images, writer),
        )
        self.deletion = DeletionService(settings, store, ledger, self.loads)
        self.renaming = RenamingService(settings, collections, self.jobs, ledger.renamings)

    def tag(self, row: ImageRow, *tags: str) -> None:
        self.labels.update(self.collection, row.id, LabelChange(tags=tags))

    def delete(self, row: ImageRow) -> None:
        self.deletion.image(self.collection, row.id)

    def put(self, *numbers: int) -> list[FileRef]:
        """Store pictures as uploads, without a job."""
        incoming = []
        for number in numbers:
            out = io.BytesIO()
            draw(number).save(out, "PNG")
            incoming.append(inspect(f"{number}.png", out))
        target = self.collections.identity(self.collection)
        with uploads.staged(incoming, target, self.settings) as staged:
            return [received.ref for received in staged.place() if received.ref]

    def queue(self, *refs: FileRef) -> Job:
        """Queue the job of an upload."""
        target = self.collections.identity(self.collection)
        return self.loads.queue(target, UploadSource(files=len(refs)), LoadOptions(), files=refs)

    def path(self, ref: FileRef) -> Path:
        return upload_path(ref.uri, self.collection, self.settings)

    def close(self) -> None:
        self._celery.close()
