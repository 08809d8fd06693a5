"""Files that are read at any position of what holds them."""

import io
import os
from abc import abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class PositionedFile(io.RawIOBase):
    """A file of `size` bytes, of which `_read_at` gives some."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._position = 0

    @abstractmethod
    def _read_at(self, position: int, size: int) -> bytes:
        """Up to `size` bytes, which is more than 0 and not beyond the end."""

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
        size = min(len(view), self._size - self._position)
        if size <= 0:
            return 0
        data = self._read_at(self._position, size)
        view[: len(data)] = data
        self._position += len(data)
        return len(data)
