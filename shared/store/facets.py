"""The values that a field has in a collection, with counts."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from shared.domain.facets import FacetCounts, Scalar, ValueCount
from shared.domain.filter_fields import METADATA, kind_of, metadata_path
from shared.errors import InvalidRequest
from shared.retry import Retriable, repeatable
from shared.store.client import MilvusConnection
from shared.store.expressions import quote

#: Images whose values are counted at most. Ids are hashes of uris, so those with the smallest
#: ids are a fair sample of a larger collection.
MAX_LOOKED_AT = 20_000
_BATCH = 5000
#: Fields of few values, beside those of the metadata.
FIELDS = ("tags", "format", "job")


class Facets(Retriable):
    """Counts values of fields. Raises NotFound `collection_not_found` and Unavailable."""

    def __init__(self, milvus: MilvusConnection) -> None:
        self._milvus = milvus

    @repeatable
    def count(self, collection: str, field: str, prefix: str, limit: int) -> FacetCounts:
        """The `limit` most frequent values of a field whose text begins with `prefix`, in any case.

        Of equally frequent ones the first by the alphabet. Raises InvalidRequest `invalid_facet`.
        """
        column, path = _place(field)
        begin = prefix.casefold()
        # A truth value equals a number to Python, and is another value of the metadata.
        counts: Counter[tuple[type, Scalar]] = Counter()
        looked_at = 0
        for stored in self._column(collection, column):
            looked_at += 1
            counts.update((type(v), v) for v in _values(stored, path) if _begins(v, begin))
        ranked = sorted(counts.items(), key=lambda item: (-item[1], text(item[0][1])))
        values = [ValueCount(value, count) for (_, value), count in ranked[:limit]]
        return FacetCounts(values, looked_at, looked_at < MAX_LOOKED_AT)

    def _column(self, collection: str, column: str) -> Iterator[Any]:
        after, left = "", MAX_LOOKED_AT
        while left > 0:
            wanted = min(_BATCH, left)
            rows = self._milvus.query(
                collection, f"id > {quote(after)}", ("id", column), limit=wanted, ordered=True
            )
            yield from (row[column] for row in rows)
            if len(rows) < wanted:
                return
            after, left = rows[-1]["id"], left - wanted


def text(value: Scalar) -> str:
    """A value as it is typed: JSON's words for truth values."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _place(field: str) -> tuple[str, tuple[str, ...]]:
    """The column of a field, and the names below it."""
    try:
        if kind_of(field) == "json":
            return METADATA, metadata_path(field)
    except ValueError as error:
        raise InvalidRequest("invalid_facet", f"{error}.") from None
    if field not in FIELDS:
        known = ", ".join([*FIELDS, f"{METADATA}.<name>"])
        raise InvalidRequest(
            "invalid_facet", f"Values of {field!r} are not counted; those of {known} are."
        )
    return field, ()


def _values(stored: Any, path: tuple[str, ...]) -> set[Scalar]:
    """The values of one image, each once: the items of a list."""
    for name in path:
        stored = stored.get(name) if isinstance(stored, dict) else None
    items = [stored] if isinstance(stored, Scalar) else stored
    if isinstance(items, dict) or items is None:
        return set()
    return {item for item in items if isinstance(item, Scalar)}


def _begins(value: Scalar, prefix: str) -> bool:
    return text(value).casefold().startswith(prefix)
