"""A tar read once, from its beginning to its end, in constant memory."""

import tarfile
from typing import IO, NamedTuple

from shared.sources.archives.compression import DAMAGED, Readable, compression_of
from shared.sources.archives.limits import ArchiveError, ArchiveLimits, damaged, truncated

_PART_BYTES = 256 << 10
#: Headers are 512 bytes; a long name or a list of attributes is one read of its length.
_MAX_HEADER_BYTES = 1 << 20
_MAGIC_BYTES = 6


class TarEntry(NamedTuple):
    """A header: `name` as it stands there, `size` of the data in bytes, `mtime` in Unix seconds.

    `at` is where its data begins in the tar, `ordinal` counts headers from 0.
    """

    name: str
    size: int
    mtime: float
    is_file: bool
    is_directory: bool
    at: int
    ordinal: int


class TarWalk:
    """Goes from header to header. Not for several threads. Methods raise ArchiveError."""

    def __init__(self, file: IO[bytes], limits: ArchiveLimits) -> None:
        file.seek(0)
        unpack = compression_of(file.read(_MAGIC_BYTES))
        file.seek(0)
        self.is_compressed = unpack is not None
        self._stream = _ForwardStream(file, unpack(file) if unpack else None, limits)
        self._file = file
        #: Of the archive, in bytes as it lies there.
        self.size = self._stream.size
        self._limits = limits
        #: How many headers are behind it.
        self.count = 0
        self._left = 0
        self._ended = False
        try:
            # Only its first header is read by this; `fromtarfile` tells an end from a cut.
            self._tar = tarfile.TarFile(
                fileobj=self._stream,  # type: ignore[arg-type]  # it needs no more than this has
                encoding="utf-8",
                errors="surrogateescape",
            )
            self._first = self._tar.next()
        except (tarfile.TarError, RecursionError, ValueError, OverflowError) as error:
            if self.is_compressed and not self._stream.tell():
                raise truncated() from error
            raise ArchiveError(
                "archive_unsupported",
                "This is no archive that can be read: .zip, .tar, .tar.gz, .tar.xz, .tar.zst.",
            ) from error
        self._ended = self._first is None

    @property
    def position(self) -> int:
        """How many bytes of the tar, unpacked, are behind it."""
        return self._stream.tell()

    def next(self) -> TarEntry | None:
        """The next header, or None at the end. What is left of the data before is skipped."""
        if self._ended:
            return None
        info = self._first or self._read_header()
        self._first = None
        self._tar.members.clear()  # type: ignore[attr-defined]  # else it keeps every header
        if info is None:
            self._ended = True
            self._stream.drain()
            return None
        self.count += 1
        self._limits.check_members(self.count)
        # A link has no data, whatever its size says; sparse files have other data than their own.
        is_file = info.isreg() and not info.issparse()
        self._left = info.size if is_file else 0
        at = self._stream.tell()
        return TarEntry(info.name, info.size, info.mtime, is_file, info.isdir(), at, self.count - 1)

    def read(self, size: int) -> bytes:
        """Up to `size` bytes of the data of the last header; fewer only at the data's end."""
        size = min(size, self._left)
        parts = []
        while size > 0:
            part = self._stream.read(min(size, _PART_BYTES))
            if not part:
                raise truncated()
            parts.append(part)
            size -= len(part)
            self._left -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def skip(self) -> None:
        """Go to the end of the data, so that it is known to be there."""
        self._stream.seek(self._stream.tell() + self._left)
        self._left = 0

    def close(self) -> None:
        """Close the file that it reads."""
        self._file.close()

    def _read_header(self) -> tarfile.TarInfo | None:
        self._stream.seek(self._tar.offset)
        try:
            return tarfile.TarInfo.fromtarfile(self._tar)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # two blocks of zeros
            return None
        except (tarfile.EmptyHeaderError, tarfile.TruncatedHeaderError) as error:  # type: ignore[attr-defined]
            raise truncated() from error
        except (tarfile.TarError, RecursionError, ValueError, OverflowError) as error:
            raise damaged("a header is none") from error


class _ForwardStream:
    """A tar as tarfile reads it: never backwards, never more at once than a header may have."""

    def __init__(self, file: IO[bytes], unpacked: Readable | None, limits: ArchiveLimits) -> None:
        self.name = ""
        self.mode = "rb"
        self._file = file
        self._unpacked = unpacked
        self._limits = limits
        self._position = 0
        self.size = file.seek(0, 2)
        file.seek(0)

    def tell(self) -> int:
        return self._position

    def read(self, size: int) -> bytes:
        if not 0 <= size <= _MAX_HEADER_BYTES:
            raise damaged("a header is too long")
        parts = []
        while size > 0 and (part := self._part(size)):
            parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def seek(self, position: int) -> None:
        if position < self._position:
            raise damaged("a header leads backwards")
        if self._unpacked is None:
            if position > self.size:
                raise truncated()
            self._file.seek(position)
            self._position = position
        while self._position < position:
            if not self._part(min(position - self._position, _PART_BYTES)):
                raise truncated()

    def drain(self) -> None:
        """Unpack what follows the tar, so that sums at the end are compared."""
        while self._unpacked is not None and self._part(_PART_BYTES):
            pass

    def _part(self, size: int) -> bytes:
        try:
            part = (self._unpacked or self._file).read(size)
        except EOFError as error:
            raise truncated() from error
        except DAMAGED as error:
            raise damaged("its data cannot be unpacked") from error
        self._position += len(part)
        if self._unpacked is not None:
            self._limits.check_size(self._position, self._file.tell())
        return part
