"""The first stage of a chunk: reads whole files and hashes their content."""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import IO, NamedTuple, Self

from shared.domain.chunk import FileRef
from shared.errors import PictureError
from shared.settings import Settings
from shared.sources import FileKind, Files

#: A batch of a chunk's files is read, decoded and encoded together; these bound its memory.
BATCH_BYTES = 64 << 20
BATCH_FILES = 64
#: Remote files that a process reads at once, so that what it waits for is not one after the other.
_REMOTE_READS = 16


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


class FileReader:
    """Reads the files of batches; `threads` are there for files on disk.

    Files that have to be read in order are read so by one thread, and remote ones by many.
    """

    def __init__(self, files: Files, settings: Settings, threads: Executor) -> None:
        self.files = files
        self._settings = settings
        self._threads = threads
        self._remote = ThreadPoolExecutor(_REMOTE_READS, thread_name_prefix="read")

    def read(
        self, refs: Sequence[FileRef], collection: str
    ) -> Iterator[FileContent | PictureError]:
        """The contents of files, or why each cannot be read, in the same order."""
        groups: dict[str | int, list[int]] = {}
        for at, ref in enumerate(refs):
            kind = self._kind(ref)
            groups.setdefault((kind and kind.sequence(ref.uri)) or at, []).append(at)
        placed: dict[int, tuple[Future[list[FileContent | PictureError]], int]] = {}
        for places in groups.values():
            kind = self._kind(refs[places[0]])
            threads = self._remote if kind and kind.is_remote else self._threads
            future = threads.submit(self._read, [refs[at] for at in places], collection)
            placed |= {at: (future, n) for n, at in enumerate(places)}
        for at in range(len(refs)):
            future, n = placed[at]
            yield future.result()[n]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the threads of its own, and what it holds open."""
        self._remote.shutdown()
        self.files.close()

    def _kind(self, ref: FileRef) -> FileKind | None:
        try:
            return self.files.kind(ref.uri)
        except PictureError:
            return None  # Reading it says why.

    def _read(self, refs: Sequence[FileRef], collection: str) -> list[FileContent | PictureError]:
        found: list[FileContent | PictureError] = []
        for ref in refs:
            try:
                found.append(read(ref, collection, self.files, self._settings))
            except PictureError as error:
                found.append(error)
        return found


def read(ref: FileRef, collection: str, files: Files, settings: Settings) -> FileContent:
    """Read one file.

    Raises PictureError as `Files.open` does, and `unreadable`, `too_large`, `empty_file`.
    """
    limit = settings.max_file_bytes
    try:
        opened = files.open(ref.uri, collection)
        with opened.file as file:
            size = opened.status.size
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


def _read_all(file: IO[bytes], size: int) -> bytes:
    # A raw file may return less than it was asked for.
    parts = []
    while size > 0 and (part := file.read(size)):
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
