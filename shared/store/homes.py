"""Which Milvus collection the rows of a collection are in: another one once it was encoded anew."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from shared.domain.collection import CollectionIdentity
from shared.errors import NotFound
from shared.store.client import MilvusConnection
from shared.store.properties import read_identity
from shared.store.rows import Row

T = TypeVar("T")

#: Seconds for which what was read of a collection is taken to hold, unless it is being encoded
#: anew. Whoever puts other vectors in place waits longer after having said that it will.
KNOWN_SECONDS = 2.0


class Homes:
    """What the properties of collections say, for any number of threads.

    Methods raise NotFound `collection_not_found`, and Unavailable.
    """

    def __init__(
        self, milvus: MilvusConnection, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._milvus = milvus
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, CollectionIdentity]] = {}

    def fresh(self, collection: str) -> CollectionIdentity:
        """What a collection's vectors are by now."""
        began = self._clock()
        try:
            found = read_identity(collection, self._milvus.describe(collection))
        except NotFound:
            with self._lock:
                self._known.pop(collection, None)
            raise
        with self._lock:
            self._known.pop(collection, None)
            if found.next is None:
                self._known[collection] = (began, found)
        return found

    def known(self, collection: str) -> CollectionIdentity:
        """As `fresh`, or as it was up to `KNOWN_SECONDS` ago, when it was not encoded anew."""
        with self._lock:
            began, found = self._known.get(collection, (0.0, None))
        if found is not None and self._clock() - began < KNOWN_SECONDS:
            return found
        return self.fresh(collection)

    def read(self, collection: str, call: Callable[[CollectionIdentity], T]) -> T:
        """Call with what is known of a collection, and once more if that is outdated."""
        known = self.known(collection)
        try:
            return call(known)
        except NotFound:
            now = self.fresh(collection)
            if now.rows == known.rows:
                raise
            return call(now)

    def query(
        self, collection: str, expression: str, fields: Sequence[str], **options: Any
    ) -> list[Row]:
        """As `MilvusConnection.query`, of the rows of a collection."""
        return self.read(
            collection,
            lambda where: self._milvus.query(where.rows, expression, fields, **options),
        )

    def count(self, collection: str, expression: str = "", *, strong: bool = True) -> int:
        """As `MilvusConnection.count`, of the rows of a collection."""
        return self.read(
            collection, lambda where: self._milvus.count(where.rows, expression, strong=strong)
        )
