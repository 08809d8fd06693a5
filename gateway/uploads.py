"""Uploaded pictures: told by their content, stored under its hash, never under their names."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gateway.problems import storage_unavailable
from shared.errors import PictureError
from shared.formats import EXTENSIONS, FORMATS, SNIFF_BYTES, Format, sniff
from shared.messages import FileRef
from shared.names import UPLOAD_SCHEME, upload_uri
from shared.settings import Settings
from shared.sources import upload_path

_COPY_BYTES = 1024 * 1024
_NAME_LENGTH = 255


@dataclass(frozen=True)
class Incoming:
    """One file of a request: a picture of a known format, or why it is none."""

    name: str
    file: BinaryIO
    format: Format | None
    error: PictureError | None


@dataclass(frozen=True)
class Received:
    """One file of a request: where it is stored, or why it was rejected."""

    name: str
    ref: FileRef | None
    error: PictureError | None


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
    """Store a request's pictures; each lies whole at its place or not at all.

    Raises Unavailable `storage_unavailable`.
    """
    folder = settings.uploads_dir / collection
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_store_one(incoming, folder, collection, settings) for incoming in files]
    except OSError as error:
        raise storage_unavailable(error) from error


def remove(uris: Sequence[str], collection: str, settings: Settings) -> None:
    """Remove the files of forgotten images; those that were not uploaded stay where they are."""
    for uri in uris:
        if uri.startswith(UPLOAD_SCHEME):
            upload_path(uri, collection, settings).unlink(missing_ok=True)


def _store_one(incoming: Incoming, folder: Path, collection: str, settings: Settings) -> Received:
    if incoming.format is None:
        return Received(incoming.name, None, incoming.error)
    extension = EXTENSIONS[incoming.format][0]
    descriptor, temporary = tempfile.mkstemp(prefix=".incoming-", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as out:
            sha256 = _copy(incoming.file, out)
        uri = upload_uri(sha256, extension)
        place = upload_path(uri, collection, settings)
        if not place.exists():
            # What lies there already keeps its time, so that it counts as unchanged.
            place.parent.mkdir(exist_ok=True)
            Path(temporary).replace(place)
        stat = place.stat()
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
    ref = FileRef(uri=uri, size=stat.st_size, mtime_ns=stat.st_mtime_ns, name=incoming.name or None)
    return Received(incoming.name, ref, None)


def _copy(source: BinaryIO, target: BinaryIO) -> str:
    """Copy a file to disk; returns the SHA-256 of its bytes in hex."""
    digest = hashlib.sha256()
    source.seek(0)
    while block := source.read(_COPY_BYTES):
        digest.update(block)
        target.write(block)
    target.flush()
    # The job outlives a power cut; so must what it is about.
    os.fsync(target.fileno())
    return digest.hexdigest()
