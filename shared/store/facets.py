"""The values that a field has in a collection, with counts."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any, NamedTuple, TypeAlias

from shared.domain.facets import FacetCounts, Scalar, ValueCount
from shared.domain.facts import FACTS_KEY
from shared.domain.filter_fields import METADATA, kind_of, metadata_path
from shared.errors import InvalidRequest
from shared.retry import Retriable, repeatable
from shared.store.client import MilvusConnection
from shared.store.expressions import quote
from shared.store.facts import load_facts
from shared.store.homes import Homes
from shared.store.schema import MAX_JSON_ROWS

#: Images whose values are counted at most. Ids are hashes of uris, so those with the smallest
#: ids are a fair sample of a larger collection.
MAX_LOOKED_AT = 20_000
_BATCH = 5000
#: Seconds that counts are kept: who types a value asks for one field again and again.
KEPT_SECONDS = 30.0
#: Fields whose counts are kept at a time, and the bytes that those of one may take.
_MAX_KEPT = 16
_MAX_KEPT_BYTES = 4 << 20
#: About what Python takes for one, beside its characters.
_SIZE_OF_A_VALUE = 200
#: Fields of few values, beside those of the metadata.
COLUMNS = ("tags", "format", "job")
FACTS = ("camera", "lens")


Counts: TypeAlias = Counter[tuple[type, Scalar]]


class _Counted(NamedTuple):
    """The values of a field in a collection's first rows, each with its kind."""

    counts: Counts
    looked_at: int
    at: float


class Facets(Retriable):
    """Counts values of fields. Raises NotFound `collection_not_found` and Unavailable.

    Counts are kept for `KEPT_SECONDS` by `clock`, unless there is much of them.
    """

    def __init__(
        self, milvus: MilvusConnection, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._homes = Homes(milvus)
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str, str], _Counted] = {}

    @repeatable
    def count(self, collection: str, field: str, prefix: str, limit: int) -> FacetCounts:
        """The `limit` most frequent values of a field whose text begins with `prefix`, in any case.

        Of equally frequent ones the first by the alphabet. Raises InvalidRequest `invalid_facet`.
        """
        begin = prefix.casefold()
        found = self._counted(collection, field)
        begun = (item for item in found.counts.items() if _begins(item[0][1], begin))
        ranked = sorted(begun, key=lambda item: (-item[1], text(item[0][1])))
        values = [ValueCount(value, count) for (_, value), count in ranked[:limit]]
        return FacetCounts(values, found.looked_at, found.looked_at < MAX_LOOKED_AT)

    def _counted(self, collection: str, field: str) -> _Counted:
        column, read = _reader(field)
        # A collection that was dropped since is not found, and one of its name has its own counts.
        key = (collection, self._homes.fresh(collection).generation, field)
        now = self._clock()
        with self._lock:
            kept = {k: c for k, c in self._kept.items() if now - c.at < KEPT_SECONDS}
            self._kept = kept
            if key in kept:
                return kept[key]
        counts: Counts = Counter()
        looked_at = 0
        for stored in self._column(collection, column):
            looked_at += 1
            counts.update(_scalars(read(stored)))
        found = _Counted(counts, looked_at, now)
        if sum(_SIZE_OF_A_VALUE + len(text(value)) for _, value in counts) <= _MAX_KEPT_BYTES:
            with self._lock:
                while len(self._kept) >= _MAX_KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[key] = found
        return found

    def _column(self, collection: str, column: str) -> Iterator[Any]:
        batch = MAX_JSON_ROWS if column == METADATA else _BATCH
        after, left = "", MAX_LOOKED_AT
        while left > 0:
            wanted = min(batch, left)
            rows = self._homes.query(
                collection, f"id > {quote(after)}", ("id", column), limit=wanted, ordered=True
            )
            yield from (row[column] for row in rows)
            if len(rows) < wanted:
                return
            after, left = rows[-1]["id"], left - wanted


def text(value: Scalar) -> str:
    """A value as it is typed: JSON's words for truth values."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reader(field: str) -> tuple[str, Callable[[Any], Any]]:
    """The column of a field, and what reads its value from what the column holds."""
    try:
        kind = kind_of(field)
    except ValueError as error:
        raise InvalidRequest("invalid_facet", f"{error}.") from None
    if kind == "json":
        path = metadata_path(field)
        return METADATA, lambda stored: reduce(_below, path, stored)
    if field in FACTS:
        return METADATA, lambda stored: getattr(load_facts(stored.get(FACTS_KEY)), field)
    if field in COLUMNS:
        return field, lambda stored: stored
    known = ", ".join([*COLUMNS, *FACTS, f"{METADATA}.<name>"])
    raise InvalidRequest(
        "invalid_facet", f"Values of {field!r} are not counted; those of {known} are."
    )


def _below(stored: Any, name: str) -> Any:
    return stored.get(name) if isinstance(stored, dict) else None


def _scalars(value: Any) -> set[tuple[type, Scalar]]:
    """The values of one image with their kinds, each once: the items of a list."""
    # A truth value equals a number to Python, and is another value of the metadata.
    if isinstance(value, Scalar):
        return {(type(value), value)}
    items = value if isinstance(value, list | tuple) else ()
    return {(type(item), item) for item in items if isinstance(item, Scalar)}


def _begins(value: Scalar, prefix: str) -> bool:
    return text(value).casefold().startswith(prefix)
