"""Stores uploaded pictures: formats are told by content, files are named by their hash."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from shared.domain.chunk import FileRef
from shared.errors import PictureError, storage_error
from shared.files.formats import EXTENSIONS, FORMATS, SNIFF_BYTES, Format, sniff
from shared.files.paths import upload_path
from shared.files.uris import UPLOAD_SCHEME, upload_uri
from shared.log import get_logger
from shared.settings import Settings

_log = get_logger(__name__)

_COPY_BYTES = 1024 * 1024
_NAME_LENGTH = 255


@dataclass(frozen=True)
class Incoming:
    """One file of a request: its format, or the error if it is no picture."""

    name: str
    file: BinaryIO
    format: Format | None
    error: PictureError | None


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


def recognise(file: BinaryIO) -> Format:
    """The format of a picture by its first bytes; the file is left at its beginning.

    Raises PictureError `empty_file`, `unsupported_format`.
    """
    file.seek(0)
    head = file.read(SNIFF_BYTES)
    file.seek(0)
    if not head:
        raise PictureError("empty_file", "The file is empty.")
    found = sniff(head)
    if found is None:
        raise PictureError(
            "unsupported_format", f"This is no picture of a known format ({', '.join(FORMATS)})."
        )
    return found


def inspect(name: str | None, file: BinaryIO) -> Incoming:
    """Tell whether a file of a request is a picture, without storing anything."""
    shown = "".join(c for c in (name or "") if c.isprintable())[:_NAME_LENGTH]
    try:
        return Incoming(shown, file, recognise(file), None)
    except PictureError as error:
        return Incoming(shown, file, None, error)


def store(files: Sequence[Incoming], collection: str, settings: Settings) -> list[Received]:
    """Store a request's pictures. None is ever visible half written.

    Raises StorageFull, Unavailable `storage_unavailable`.
    """
    folder = settings.uploads_dir / collection
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as cleanup:
            written = [_write(file, folder, cleanup) if file.format else None for file in files]
            # A job survives a power cut, so its files must too. They are synced after all are
            # written: the first fsync then flushes most of the others as well.
            for item in filter(None, written):
                _sync(item.temporary)
            return [
                Received(file.name, _place(file, item, collection, settings), None)
                if item
                else Received(file.name, None, file.error)
                for file, item in zip(files, written, strict=True)
            ]
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
    descriptor, temporary = tempfile.mkstemp(prefix=".incoming-", dir=folder)
    cleanup.callback(Path(temporary).unlink, missing_ok=True)
    with os.fdopen(descriptor, "wb") as out:
        incoming.file.seek(0)
        while block := incoming.file.read(_COPY_BYTES):
            digest.update(block)
            out.write(block)
    return _Written(Path(temporary), digest.hexdigest())


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _place(incoming: Incoming, written: _Written, collection: str, settings: Settings) -> FileRef:
    """Move a temporary file to where its uri says."""
    assert incoming.format is not None  # noqa: S101 - others are not written
    uri = upload_uri(written.sha256, EXTENSIONS[incoming.format][0])
    place = upload_path(uri, collection, settings)
    if not place.exists():
        # A file that exists keeps its mtime, so that the load counts it as unchanged.
        place.parent.mkdir(exist_ok=True)
        written.temporary.replace(place)
    stat = place.stat()
    return FileRef(
        uri=uri, size=stat.st_size, mtime_ns=stat.st_mtime_ns, name=incoming.name or None
    )
