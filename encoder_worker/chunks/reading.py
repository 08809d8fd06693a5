"""The first stage of a chunk: reads whole files and hashes their content."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

from shared.domain.chunk import FileRef
from shared.errors import PictureError
from shared.files.paths import open_image
from shared.settings import Settings

#: A batch of a chunk's files is read, decoded and encoded together; these bound its memory.
BATCH_BYTES = 64 << 20
BATCH_FILES = 64


class FileContent(NamedTuple):
    """A file's bytes, with their SHA-256 in hex."""

    ref: FileRef
    data: bytes
    sha256: str


def batches(files: Sequence[FileRef]) -> Iterator[Sequence[FileRef]]:
    """Cut a chunk where its files, by the sizes the scan saw, would fill too much memory."""
    batch: list[FileRef] = []
    held = 0
    for ref in files:
        if batch and (held + ref.size > BATCH_BYTES or len(batch) == BATCH_FILES):
            yield batch
            batch, held = [], 0
        batch.append(ref)
        held += ref.size
    if batch:
        yield batch


def read(ref: FileRef, collection: str, settings: Settings) -> FileContent:
    """Read one file.

    Raises PictureError `missing`, `unreadable`, `outside_roots`, `too_large`, `empty_file`.
    """
    limit = settings.max_file_bytes
    try:
        with open_image(ref.uri, collection, settings) as file:
            size = os.fstat(file.fileno()).st_size
            data = _read_all(file, size) if size <= limit else b""
    except OSError as error:
        raise PictureError("unreadable", f"The file cannot be read: {error.strerror}.") from error
    if size > limit:
        raise PictureError(
            "too_large", f"The file is larger than the limit of {settings.max_file_mb} MiB."
        )
    if not data:
        raise PictureError("empty_file", "The file is empty.")
    return FileContent(ref, data, hashlib.sha256(data).hexdigest())


def _read_all(file: BinaryIO, size: int) -> bytes:
    # A raw file may return less than it was asked for.
    parts = []
    while size > 0 and (part := file.read(size)):
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
