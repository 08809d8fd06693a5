"""Deletes images and collections, and the uploaded files that belong to them."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from gateway.files import uploads
from gateway.services.labels import WRITER, Versions, require_version
from gateway.services.loads import LoadService
from shared.domain.image import ImageFilter, ImageRow, ids_by_job
from shared.domain.job import Job
from shared.errors import NotFound, image_not_found
from shared.ledger import Drops, HeldRows, Jobs, Renamings, RowLock, RowLocks, StandingSources
from shared.log import get_logger
from shared.settings import Settings
from shared.store import Collections, Images, ImageWriter, RegionsLeft

_log = get_logger(__name__)


#: So many images are deleted in the request, and counted in its reply.
MAX_AT_ONCE = 1000


class Ledger(NamedTuple):
    """What of the ledger a deletion uses."""

    jobs: Jobs
    row_locks: RowLocks
    drops: Drops
    renamings: Renamings
    sources: StandingSources


class Store(NamedTuple):
    """What of Milvus a deletion uses."""

    collections: Collections
    images: Images
    writer: ImageWriter


class DeletionService:
    """Deletes from Milvus, the ledger and the uploads. Never touches files under image roots."""

    def __init__(
        self, settings: Settings, store: Store, ledger: Ledger, loads: LoadService
    ) -> None:
        self._settings = settings
        self._store = store
        self._jobs, self._row_locks, self._drops, self._renamings, self._sources = ledger
        self._loads = loads
        #: Set where Milvus failed before the regions of deleted images were gone.
        self.regions_left = threading.Event()

    def collection(self, name: str) -> None:
        """Drop a collection with its jobs and uploads; of an alias, forget the alias alone.

        It is noted before: if this process is killed in it, another one finishes it. The files are
        deleted by `Upkeep`. Raises NotFound `collection_not_found`, Conflict `collection_busy`.
        """
        if self._renamings.forget_alias(name):
            return
        generation = self._store.collections.identity(name).generation
        self._drops.begin(name, generation)
        try:
            # It may have been renamed before that was noted.
            self._store.collections.identity(name).require_generation(generation)
        except NotFound:
            self._drops.end(name)
            raise
        self._drop(name, generation)

    def finish_drops(self) -> None:
        """Finish the drops that were interrupted. Raises Unavailable."""
        for name, generation in self._drops.take_interrupted().items():
            self._drop(name, generation)
            _log.info("collection_drop_finished", collection=name)

    def _drop(self, name: str, generation: str) -> None:
        """May be repeated: a collection that was made again meanwhile, and its jobs, stay."""
        self._renamings.forget_aliases_of(name)
        self._sources.forget_collection(name, generation)
        self._jobs.forget_collection(name, generation)
        uploads.set_aside(name, generation, self._settings)
        self._store.collections.drop(name, generation)
        self._drops.end(name)

    def image(self, collection: str, image_id: str, versions: Versions = None) -> None:
        """Delete an image, if it has one of these versions, and its file if it was uploaded.

        A job that has the upload still to index counts it as a failure, `missing`. Raises NotFound
        `collection_not_found`, `image_not_found`, PreconditionFailed, Unavailable `image_busy`.
        """
        generation = self._store.collections.identity(collection).generation
        with self._hold(collection, [image_id]) as held:
            found = self._store.images.get_many(collection, [image_id], strong=True)
            if not found:
                raise image_not_found(image_id)
            require_version(found[image_id], versions)
            self._account(list(found.values()))
            # Under the lock: an upload of the same picture at this moment has its file after it.
            files = partial(uploads.remove, [found[image_id].uri], collection, self._settings)
            self._store.writer.delete(
                collection, [image_id], generation, held=held, on_deleted=files
            )

    def matching(self, collection: str, wanted: ImageFilter) -> int | Job:
        """Delete all images that match a filter; returns how many.

        If they are more than a thousand, it queues a job that does so, and returns that. Raises
        NotFound `collection_not_found`, InvalidRequest `empty_filter`, QueueFull, Unavailable.
        """
        target = self._store.collections.identity(collection)
        if not wanted.empty and self._store.images.count(collection, wanted) > MAX_AT_ONCE:
            return self._loads.delete_matching(target, wanted)
        return self._store.images.delete_matching(
            collection,
            wanted,
            on_deleting=self._account,
            on_deleted=lambda rows: uploads.remove(
                [row.uri for row in rows], collection, self._settings
            ),
            lock=partial(self._hold, collection),
        )

    @contextmanager
    def _hold(self, collection: str, ids: Sequence[str]) -> Iterator[HeldRows]:
        """Row locks; what is under them may leave regions behind, as the rows are gone then.

        A call that is repeated would not find the rows any more.
        """
        try:
            with self._row_locks.hold(RowLock(collection, ids, WRITER)) as held:
                yield held
        except RegionsLeft:
            self.regions_left.set()

    def _account(self, rows: Sequence[ImageRow]) -> None:
        """Tell loads which of their rows are about to be deleted, so that none counts one again."""
        self._jobs.account(ids_by_job({row.id: row for row in rows}))
