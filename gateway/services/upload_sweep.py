"""Deletes the uploaded files that nothing refers to: what crashes and deletions leave behind."""

import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from gateway.files.uploads import DROPPED
from gateway.services.labels import WRITER
from shared.domain.image import image_id
from shared.errors import NotFound
from shared.files.paths import upload_path
from shared.files.stored import TEMPORARY, belongs_to
from shared.files.uris import UPLOAD_NAME, UPLOAD_SCHEME
from shared.ledger import RowLock, RowLocks, UploadFiles
from shared.log import get_logger
from shared.settings import Settings
from shared.store import Collections, Images

_log = get_logger(__name__)

#: A file that was written or uploaded again within a day stays, whatever refers to it.
SAFE_AGE_SECONDS = 86_400.0
_BATCH = 500


class UploadSweep:
    """Looks for files that no row, no unfinished job and no failure that may be retried names.

    Each is looked at again under the lock of its row, which uploads and deletions hold too. A
    folder that was made for another collection of the same name is left alone: Milvus may be the
    wrong one. Methods raise Unavailable.
    """

    def __init__(
        self,
        settings: Settings,
        collections: Collections,
        images: Images,
        files: UploadFiles,
        row_locks: RowLocks,
        *,
        safe_age: float = SAFE_AGE_SECONDS,
    ) -> None:
        self._settings = settings
        self._collections = collections
        self._images = images
        self._files = files
        self._row_locks = row_locks
        self._safe_age = safe_age

    def remove_dropped(self) -> None:
        """Delete the files of collections that were dropped."""
        for folder in self._settings.uploads_dir.glob(f"{DROPPED}*"):
            shutil.rmtree(folder, ignore_errors=True)
            _log.info("dropped_uploads_deleted", folder=folder.name)

    def remove_deleted(self) -> None:
        """Delete files of images that a job has deleted, some hundred at most."""
        for collection, uri in self._files.deleted():
            self._remove(collection, upload_path(uri, collection, self._settings))
            self._files.forget_deleted(collection, uri)

    def sweep(self) -> None:
        """Delete all files that nothing refers to, unless another gateway does so now."""
        root = self._settings.uploads_dir
        for folder in sorted(root.iterdir()) if root.is_dir() else ():
            if folder.name.startswith(".") or not folder.is_dir():
                continue
            if not self._files.may_sweep():
                return
            self._sweep_folder(folder)
        self._files.end_sweep()

    def _sweep_folder(self, folder: Path) -> None:
        collection, limit = folder.name, time.time() - self._safe_age
        for path in folder.glob(f"{TEMPORARY}*"):
            if _is_older(path, limit):
                path.unlink(missing_ok=True)
        try:
            generation = self._collections.identity(collection).generation
        except NotFound:
            return
        if not belongs_to(folder, generation):
            _log.warning("uploads_of_another_collection", collection=collection)
            return
        in_use: set[str] | None = None
        for batch in _batches(path for path in _uploads(folder) if _is_older(path, limit)):
            without_row = self._without_row(collection, batch)
            if without_row and in_use is None:
                # Whatever a job came to need after this was uploaded anew, and is not old.
                in_use = self._files.in_use(collection)
            removed = 0
            for path in without_row:
                if f"{UPLOAD_SCHEME}{path.name}" not in (in_use or ()):
                    removed += self._remove(collection, path, older_than=limit)
            if removed:
                _log.info("uploads_swept", collection=collection, files=removed)
            self._files.may_sweep()

    def _without_row(self, collection: str, paths: Sequence[Path]) -> list[Path]:
        ids = [_image_of(path) for path in paths]
        rows = self._images.get_many(collection, ids)
        return [path for path, image in zip(paths, ids, strict=True) if image not in rows]

    def _remove(self, collection: str, path: Path, older_than: float | None = None) -> bool:
        """Delete a file that has no row, if it is old enough; returns whether it was deleted."""
        image = _image_of(path)
        lock = RowLock(collection, [image], WRITER, changes_labels=False)
        with self._row_locks.hold(lock) as held:
            try:
                if self._images.get_many(collection, [image], strong=True):
                    return False
            except NotFound:
                return False  # Its folder was, or will be, deleted with its collection.
            held.require_time()
            if older_than is not None and not _is_older(path, older_than):
                return False
            path.unlink(missing_ok=True)
            return True


def _uploads(folder: Path) -> Iterator[Path]:
    for path in folder.glob("[0-9a-f][0-9a-f]/*"):
        if UPLOAD_NAME.match(path.name):
            yield path


def _batches(paths: Iterator[Path]) -> Iterator[Sequence[Path]]:
    batch: list[Path] = []
    for path in paths:
        batch.append(path)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _image_of(path: Path) -> str:
    return image_id(f"{UPLOAD_SCHEME}{path.name}")


def _is_older(path: Path, limit: float) -> bool:
    """Whether a file was written, and uploaded again, before a time; False if it is gone."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return False
    return max(status.st_mtime, status.st_ctime) < limit
