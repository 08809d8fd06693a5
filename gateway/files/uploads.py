"""Stores uploaded pictures: formats are told by content, files are named by their hash."""

import contextlib
import hashlib
import os
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from gateway.files.incoming import Incoming
from shared.domain.chunk import FileRef
from shared.domain.collection import CollectionIdentity
from shared.domain.image import image_id
from shared.errors import PictureError, storage_error
from shared.files.paths import upload_path
from shared.files.stored import (
    TEMPORARY,
    Stored,
    belongs_to,
    make_folder,
    store,
    stored_uri,
    sync,
)
from shared.files.uris import UPLOAD_SCHEME
from shared.log import get_logger
from shared.settings import Settings

_log = get_logger(__name__)

_COPY_BYTES = 1024 * 1024
#: How the names of folders begin whose collection was dropped.
DROPPED = ".dropped-"


@dataclass(frozen=True)
class Received:
    """One file of a request: the stored file, or the error for which it was rejected."""

    name: str
    ref: FileRef | None
    error: PictureError | None


class _Written(NamedTuple):
    """A picture that is written to a temporary file."""

    temporary: Path
    sha256: str


class StagedUploads:
    """A request's pictures, written to temporary files of the folder that they are for."""

    def __init__(
        self, files: Sequence[tuple[Incoming, _Written | None]], collection: str, settings: Settings
    ) -> None:
        self._files = files
        self._collection = collection
        self._settings = settings

    @property
    def ids(self) -> list[str]:
        """The ids of the images that they will be."""
        written = [(file.format, item) for file, item in self._files if file.format and item]
        return sorted({image_id(stored_uri(found, item.sha256)) for found, item in written})

    def place(self) -> list[Received]:
        """Move them to where their uris say; none is ever visible half written.

        They outlive a power cut once this returns. Raises StorageFull, Unavailable
        `storage_unavailable`.
        """
        received, folders = [], set()
        try:
            for file, item in self._files:
                if item is None or file.format is None:
                    received.append(Received(file.name, None, file.error))
                    continue
                stored = store(
                    item.temporary, file.format, item.sha256, self._collection, self._settings
                )
                received.append(Received(file.name, _ref(file, stored), None))
                if stored.added:
                    folders |= {stored.path.parent, *stored.path.parents[1:3]}
            for folder in folders:
                sync(folder)
        except OSError as error:
            raise storage_error(error) from error
        return received


@contextlib.contextmanager
def staged(
    files: Sequence[Incoming], target: CollectionIdentity, settings: Settings
) -> Iterator[StagedUploads]:
    """Write a request's pictures to disk. Those that are not placed in the context are removed.

    Raises StorageFull, Unavailable `storage_unavailable`.
    """
    with contextlib.ExitStack() as cleanup:
        try:
            folder = make_folder(target, settings)
            written = [_write(file, folder, cleanup) if file.format else None for file in files]
            # A job survives a power cut, so its files must too. They are synced after all are
            # written: the first fsync then flushes most of the others as well.
            for item in filter(None, written):
                sync(item.temporary)
        except OSError as error:
            raise storage_error(error) from error
        yield StagedUploads(list(zip(files, written, strict=True)), target.name, settings)


def set_aside(collection: str, generation: str, settings: Settings) -> None:
    """Rename the folder of a collection that is dropped; deleting its files may take long.

    A folder that was made for another collection of the name stays. Raises Unavailable.
    """
    folder = settings.uploads_dir / collection
    try:
        if folder.is_dir() and belongs_to(folder, generation):
            folder.rename(settings.uploads_dir / f"{DROPPED}{uuid.uuid4().hex}")
    except OSError as error:
        raise storage_error(error) from error


def remove(uris: Sequence[str], collection: str, settings: Settings) -> None:
    """Delete the files of deleted images, if they were uploaded; other uris are skipped."""
    for uri in uris:
        if uri.startswith(UPLOAD_SCHEME):
            place = upload_path(uri, collection, settings)
            try:
                place.unlink(missing_ok=True)
            except OSError as error:
                # The image itself is deleted; a leftover file does no harm.
                _log.warning("upload_delete_failed", uri=uri, error=str(error))


def _write(incoming: Incoming, folder: Path, cleanup: contextlib.ExitStack) -> _Written:
    """Copy a file to a temporary one and hash it."""
    digest = hashlib.sha256()
    descriptor, temporary = tempfile.mkstemp(prefix=TEMPORARY, dir=folder)
    cleanup.callback(Path(temporary).unlink, missing_ok=True)
    with os.fdopen(descriptor, "wb") as out:
        incoming.file.seek(0)
        while block := incoming.file.read(_COPY_BYTES):
            digest.update(block)
            out.write(block)
    return _Written(Path(temporary), digest.hexdigest())


def _ref(incoming: Incoming, stored: Stored) -> FileRef:
    return FileRef(
        uri=stored.uri,
        size=stored.size,
        mtime_ns=stored.mtime_ns,
        name=incoming.name or None,
    )
