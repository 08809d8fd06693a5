"""The values that a field has in a collection, with counts."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

from shared.domain.facets import FacetCounts, Scalar, ValueCount
from shared.domain.facts import FACTS_KEY
from shared.domain.filter_fields import METADATA, kind_of, metadata_path
from shared.errors import InvalidRequest
from shared.retry import Retriable, repeatable
from shared.store.client import MilvusConnection
from shared.store.expressions import quote
from shared.store.facts import load_facts

#: Images whose values are counted at most. Ids are hashes of uris, so those with the smallest
#: ids are a fair sample of a larger collection.
MAX_LOOKED_AT = 20_000
_BATCH = 5000
#: Fields of few values, beside those of the metadata.
COLUMNS = ("tags", "format", "job")
FACTS = ("camera", "lens")


class Facets(Retriable):
    """Counts values of fields. Raises NotFound `collection_not_found` and Unavailable."""

    def __init__(self, milvus: MilvusConnection) -> None:
        self._milvus = milvus

    @repeatable
    def count(self, collection: str, field: str, prefix: str, limit: int) -> FacetCounts:
        """The `limit` most frequent values of a field whose text begins with `prefix`, in any case.

        Of equally frequent ones the first by the alphabet. Raises InvalidRequest `invalid_facet`.
        """
        column, read = _reader(field)
        begin = prefix.casefold()
        counts: Counter[tuple[type, Scalar]] = Counter()
        looked_at = 0
        for stored in self._column(collection, column):
            looked_at += 1
            counts.update(one for one in _scalars(read(stored)) if _begins(one[1], begin))
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
