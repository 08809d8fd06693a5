"""A large object as a file that is read by ranges."""

import io
import os
from typing import TYPE_CHECKING

import obstore
from obstore.store import ObjectStore

from shared.sources.buckets.stores import ERRORS, error_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_RANGE_BYTES = 4 << 20


class RangeFile(io.RawIOBase):
    """Reads ranges of an object that has this ETag still. Raises OSError where it has not."""

    def __init__(self, store: ObjectStore, key: str, size: int, tag: str | None) -> None:
        super().__init__()
        self._store = store
        self._key = key
        self._size = size
        self._tag = tag
        self._position = 0
        self._held, self._held_at = b"", 0

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
        if size == 0:
            return 0
        at = self._position - self._held_at
        if not 0 <= at < len(self._held):
            self._held, self._held_at, at = self._fetch(max(size, _RANGE_BYTES)), self._position, 0
        data = self._held[at : at + size]
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _fetch(self, size: int) -> bytes:
        end = min(self._size, self._position + size)
        options: obstore.GetOptions = {"range": (self._position, end)}
        if self._tag:
            options["if_match"] = self._tag
        try:
            return bytes(obstore.get(self._store, self._key, options=options).bytes())
        except ERRORS as error:
            raise OSError(5, error_of(error).detail) from None
