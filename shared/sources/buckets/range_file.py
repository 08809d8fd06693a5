"""A large object as a file that is read by ranges."""

import obstore
from obstore.store import ObjectStore

from shared.sources.buckets.stores import ERRORS, error_of
from shared.sources.positioned import PositionedFile

_RANGE_BYTES = 4 << 20


class RangeFile(PositionedFile):
    """Reads ranges of an object that has this ETag still. Raises OSError where it has not."""

    def __init__(self, store: ObjectStore, key: str, size: int, tag: str | None) -> None:
        super().__init__(size)
        self._store = store
        self._key = key
        self._tag = tag
        self._held, self._held_at = b"", 0

    def _read_at(self, position: int, size: int) -> bytes:
        at = position - self._held_at
        if not 0 <= at < len(self._held):
            self._held, self._held_at, at = self._fetch(max(size, _RANGE_BYTES)), position, 0
        return self._held[at : at + size]

    def _fetch(self, size: int) -> bytes:
        end = min(self._size, self._position + size)
        options: obstore.GetOptions = {"range": (self._position, end)}
        if self._tag:
            options["if_match"] = self._tag
        try:
            return bytes(obstore.get(self._store, self._key, options=options).bytes())
        except ERRORS as error:
            raise OSError(5, error_of(error).detail) from None
