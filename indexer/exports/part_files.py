"""Files of an export: whole or not there, with the hash of what was written."""

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from shared.domain.export import ExportPart, PartKind
from shared.errors import JobFailed
from shared.files.exports import HIDDEN
from shared.files.stored import sync

_READ_BYTES = 1 << 20


class HashingFile(io.RawIOBase):
    """A file that is written from its beginning to its end, and hashed on the way."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        """Writes all of it. Raises OSError."""
        block = memoryview(data)  # type: ignore[arg-type] # any buffer, pyarrow's own too
        self._file.write(block)
        self._digest.update(block)
        self._size += block.nbytes
        return block.nbytes

    def tell(self) -> int:
        return self._size

    def part(self, name: str, kind: PartKind, rows: int) -> ExportPart:
        """The part that was written by now."""
        sha256 = self._digest.hexdigest()
        return ExportPart(name=name, kind=kind, rows=rows, bytes=self._size, sha256=sha256)


@contextmanager
def written_whole(folder: Path, name: str) -> Iterator[HashingFile]:
    """A file that has its name, and is on its disk, once the context ends without an error.

    Raises OSError.
    """
    temporary = folder / f"{HIDDEN}{name}"
    try:
        with temporary.open("wb") as file:
            yield HashingFile(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / name)
        sync(folder)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def verify(folder: Path, part: ExportPart, between: Callable[[], None]) -> None:
    """See that a part is as its manifest says. `between` is called after each megabyte.

    Raises JobFailed `export_incomplete`, `export_corrupt`.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with (folder / part.name).open("rb") as file:
            while block := file.read(_READ_BYTES):
                digest.update(block)
                size += len(block)
                between()
    except FileNotFoundError as error:
        raise JobFailed(
            "export_incomplete", f"The export has no {part.name}; copy it again, whole."
        ) from error
    except OSError as error:
        raise unreadable(part.name, error) from error
    if (size, digest.hexdigest()) != (part.bytes, part.sha256):
        raise corrupt(part.name, "has another content than the manifest says")


def corrupt(name: str, why: str) -> JobFailed:
    return JobFailed("export_corrupt", f"{name} {why}; copy the export again.")


def unreadable(name: str, error: OSError) -> JobFailed:
    return JobFailed("export_unreadable", f"{name} cannot be read: {error.strerror}.")
