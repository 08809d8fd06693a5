"""Pages of images by the time they were added, from a store that cannot sort by it.

Milvus returns rows by id or unordered. A page is therefore read through time windows: a window
with few enough rows is read whole and sorted here, a larger one is narrowed first. Ids are
hashes, so the rows with the lowest ids are a uniform sample of a window, from which the time of
the last wanted row is estimated. A page takes two or three queries, whatever the size of the
collection and the distribution of its times. Only windows that were read whole are used, so pages
are exact even if an estimate was wrong.
"""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, Self

from shared import cursors
from shared.domain.image import ID_PATTERN
from shared.errors import invalid_cursor
from shared.store.expressions import and_, quote
from shared.store.schema import MAX_WINDOW

#: `query(expression, fields, limit, ordered)`, as `MilvusConnection.query` of one collection.
Query = Callable[[str, Sequence[str], int, bool], list[dict[str, Any]]]

Order = Literal["id", "added_at", "-added_at"]

_ID = re.compile(ID_PATTERN)
#: The Unix microseconds that a cursor may hold.
_TIMES = range(-(2**60), 2**60)
_FIELDS = ("id", "added_at")
_SAMPLE = 1000
_END = 2**63 - 1


class Position(NamedTuple):
    """The last image of a page; `added_at` only where the order is by it."""

    id: str
    added_at: int | None = None

    def cursor(self, order: Order) -> str:
        """The cursor of the page after this position."""
        return cursors.encode(order, self.id, self.added_at)

    @classmethod
    def of(cls, cursor: str, order: Order) -> Self:
        """The position that a cursor names. Raises InvalidRequest `invalid_cursor`."""
        time_type = type(None) if order == "id" else int
        found, image, added_at = cursors.decode(cursor, str, str, time_type)
        timely = added_at is None or added_at in _TIMES
        if found != order or not _ID.fullmatch(image) or not timely:
            raise invalid_cursor()
        return cls(image, added_at)


class TimePagination:
    """Positions of the images that `expression` names, oldest or newest first, then by id."""

    def __init__(
        self, query: Query, count: Callable[[], int], expression: str, *, newest_first: bool
    ) -> None:
        self._query = query
        self._count = count
        self._expression = expression
        # Negated, newest first is an ascending key too; int64's minimum is left out for that.
        self._sign = -1 if newest_first else 1

    def after(self, last: Position | None, wanted: int) -> list[Position]:
        """The `wanted` positions after `last` (from the first on for None), or all there are."""
        window = min(MAX_WINDOW - 1, max(1000, 4 * wanted))
        found: list[Position] = []
        begin, after_id, end, estimated_rows = -_END, "", _END, 0
        if last is not None:
            begin, after_id = self._key(last), last.id
        while len(found) < wanted:
            if begin == end:
                found += self._moment(begin, after_id, wanted - len(found))
            else:
                rows = self._read(begin, after_id, end, window + 1)
                if len(rows) > window:
                    estimated_rows = estimated_rows or max(1, self._count())
                    end, estimated_rows = self._narrow(
                        begin, after_id, end, wanted - len(found), estimated_rows
                    )
                    continue
                found += sorted(rows, key=lambda p: (self._key(p), p.id))
            if end == _END:
                break
            begin, after_id, end, estimated_rows = end + 1, "", _END, 0
        return found[:wanted]

    def _read(self, begin: int, after_id: str, end: int, limit: int) -> list[Position]:
        """Any `limit` of the positions in a window, both ends included."""
        rows = self._query(self._window(begin, after_id, end), _FIELDS, limit, False)
        return [Position(row["id"], row["added_at"]) for row in rows]

    def _moment(self, key: int, after_id: str, wanted: int) -> list[Position]:
        """The next positions of a single microsecond, which may hold any number of rows."""
        expression = self._window(key, after_id, key)
        rows = self._query(expression, _FIELDS, min(wanted, MAX_WINDOW), True)
        return [Position(row["id"], row["added_at"]) for row in rows]

    def _narrow(
        self, begin: int, after_id: str, end: int, wanted: int, estimated_rows: int
    ) -> tuple[int, int]:
        """A nearer end for a window, and the estimated rows that are left in it."""
        while True:
            share = min(1.0, _SAMPLE / estimated_rows)
            sampled = and_(self._window(begin, after_id, end), _ids_below(share))
            rows = self._query(sampled, _FIELDS, 4 * _SAMPLE, False)
            # Twice as many as are wanted, so that one narrower window is usually enough.
            rank = math.ceil(2 * wanted * share)
            if len(rows) == 4 * _SAMPLE:
                estimated_rows *= 8  # The sample was truncated, so it is not uniform.
            elif rank >= len(rows) and share < 1.0:
                estimated_rows = max(
                    1, estimated_rows // 16
                )  # A filter leaves few of the collection's rows.
            else:
                break
        if not rows:
            return end, estimated_rows  # All were deleted in the meantime.
        keys = sorted(self._sign * row["added_at"] for row in rows)
        nearer = keys[min(rank, len(keys)) - 1]
        # If most of the sample have one time, the rows before that time are read separately.
        return (nearer if nearer < end else end - 1), max(1, math.ceil(rank / share))

    def _window(self, begin: int, after_id: str, end: int) -> str:
        first = self._sign * begin
        nearest, farthest = (">=", "<=") if self._sign > 0 else ("<=", ">=")
        bounds = ['id >= ""']
        if begin > -_END:
            bounds.append(f"added_at {nearest} {first}")
        if end < _END:
            bounds.append(f"added_at {farthest} {self._sign * end}")
        if after_id:
            bounds.append(f"(added_at != {first} or id > {quote(after_id)})")
        return and_(self._expression, *bounds)

    def _key(self, position: Position) -> int:
        return self._sign * (position.added_at or 0)


def _ids_below(share: float) -> str:
    """A condition that a `share` of all ids meets: they are hex digits of a hash."""
    if share >= 1.0:
        return ""
    return f"id < {quote(f'{int(share * 16**12):012x}')}"
