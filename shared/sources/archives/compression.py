"""What tars are compressed with: streams that unpack no more at a time than is asked for."""

import gzip
import lzma
import zlib
from collections.abc import Callable
from typing import IO, Protocol

import zstandard

#: The most memory for what a stream refers back to: as much as `xz -9` needs, and twice zstd's.
_WINDOW_BYTES = 128 << 20
_PART_BYTES = 64 << 10

#: What the streams raise for damaged data.
DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError, MemoryError)


class Readable(Protocol):
    """A stream: `read` returns fewer bytes than asked for only at its end, where it is empty."""

    def read(self, size: int, /) -> bytes: ...


class _Xz:
    """xz streams, one after the other. The standard library's file sets no bound on memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._stream = self._begin()
        self._packed = b""

    def read(self, size: int, /) -> bytes:
        while True:
            if self._stream.eof:
                # Streams may be followed by zeros, in fours.
                rest = self._stream.unused_data.lstrip(b"\0")
                if not rest and not (rest := self._file.read(_PART_BYTES).lstrip(b"\0")):
                    return b""
                self._stream, self._packed = self._begin(), rest
            elif self._stream.needs_input and not self._packed:
                self._packed = self._file.read(_PART_BYTES)
                if not self._packed:
                    raise EOFError
            data = self._stream.decompress(self._packed, size)
            self._packed = b""
            if data:
                return data

    def _begin(self) -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_WINDOW_BYTES)


def _gzip(file: IO[bytes]) -> Readable:
    return gzip.GzipFile(fileobj=file, mode="rb")


def _zstd(file: IO[bytes]) -> Readable:
    unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES)
    return unpacker.stream_reader(file, read_across_frames=True, closefd=False)


#: By the first bytes of a file.
COMPRESSIONS: tuple[tuple[bytes, Callable[[IO[bytes]], Readable]], ...] = (
    (b"\x1f\x8b", _gzip),
    (b"\xfd7zXZ\0", _Xz),
    (b"\x28\xb5\x2f\xfd", _zstd),
)


def compression_of(head: bytes) -> Callable[[IO[bytes]], Readable] | None:
    """What unpacks a file that begins with `head`; None if it is not compressed."""
    return next((unpack for magic, unpack in COMPRESSIONS if head.startswith(magic)), None)
