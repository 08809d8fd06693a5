"""Parts of files on disk, as files."""

import io
import os
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Window(io.RawIOBase):
    """A part of an open file, with a position of its own.

    The file is closed with it, if it `owns` it.
    """

    def __init__(self, file: IO[bytes], start: int, size: int, *, owns: bool = True) -> None:
        super().__init__()
        self._file = file
        # Of a part of a part, too, the file itself is read.
        outer = getattr(file, "raw", None)
        if isinstance(outer, Window):
            descriptor, start = outer._descriptor, outer._start + start
        else:
            descriptor = file.fileno()
        self._descriptor: int = descriptor
        self._start: int = start
        self._size = size
        self._position = 0
        self._owns = owns

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer)
        size = max(0, min(len(view), self._size - self._position))
        data = os.pread(self._descriptor, size, self._start + self._position)
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        if self._owns:
            self._file.close()
        super().close()
