"""Pages of images by the time they were added or taken, from a store that cannot sort by it.

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
from shared.domain.facts import FACTS_KEY
from shared.domain.image import ID_PATTERN
from shared.errors import InvalidRequest, invalid_cursor
from shared.store.expressions import and_, quote
from shared.store.facts import fact_path
from shared.store.schema import MAX_JSON_ROWS, MAX_WINDOW

#: `query(expression, fields, limit, ordered)`, as `MilvusConnection.query` of one collection.
Query = Callable[[str, Sequence[str], int, bool], list[dict[str, Any]]]

Order = Literal["id", "added_at", "-added_at", "taken_at", "-taken_at"]

_ID = re.compile(ID_PATTERN)
#: The Unix microseconds that a cursor may hold.
_TIMES = range(-(2**60), 2**60)
_SAMPLE = 1000
_END = 2**63 - 1


class TimeField(NamedTuple):
    """A time as an expression names it, and as it is read from a row with that column.

    `most` rows with that column may be read at once.
    """

    operand: str
    column: str
    read: Callable[[dict[str, Any]], int]
    most: int


ADDED_AT = TimeField("added_at", "added_at", lambda row: int(row["added_at"]), MAX_WINDOW)
TAKEN_AT = TimeField(
    fact_path("taken_at"),
    "metadata",
    lambda row: int(row["metadata"][FACTS_KEY]["taken_at"]),
    MAX_JSON_ROWS,
)


class Position(NamedTuple):
    """The last image of a page; `time` only where the order is by it, and the image has one."""

    id: str
    time: int | None = None

    def cursor(self, order: Order) -> str:
        """The cursor of the page after this position."""
        return cursors.encode(order, self.id, self.time)

    @classmethod
    def of(cls, cursor: str, order: Order) -> Self:
        """The position that a cursor names. Raises InvalidRequest `invalid_cursor`."""
        found, image, *times = cursors.decode(cursor, str, str, *_time_types(cursor, order))
        timely = times == [None] or times[0] in _TIMES
        if found != order or not _ID.fullmatch(image) or not timely:
            raise invalid_cursor()
        return cls(image, times[0])


class TimePagination:
    """Positions of the images that `expression` names, oldest or newest first, then by id."""

    def __init__(
        self,
        query: Query,
        count: Callable[[], int],
        expression: str,
        *,
        newest_first: bool,
        field: TimeField = ADDED_AT,
    ) -> None:
        self._query = query
        self._count = count
        self._expression = expression
        self._field = field
        self._columns = ("id", field.column)
        # A sample may turn out four times as large.
        self._sample = min(_SAMPLE, field.most // 4)
        # Negated, newest first is an ascending key too; int64's minimum is left out for that.
        self._sign = -1 if newest_first else 1

    def after(self, last: Position | None, wanted: int) -> list[Position]:
        """The `wanted` positions after `last` (from the first on for None), or all there are."""
        window = min(self._field.most - 1, max(1000, 4 * wanted))
        found: list[Position] = []
        begin, after_id, end, estimated_rows = -_END, "", _END, 0
        if last is not None:
            begin, after_id = self._key(last), last.id
        while len(found) < wanted:
            if begin == end:
                found += self._moment(begin, after_id, wanted - len(found))
            else:
                rows = self._read(begin, after_id, end, window + 1)
                if len(rows) > window and after_id:
                    # Ids after one are no sample of a window: the rest of its moment comes first.
                    found += self._moment(begin, after_id, wanted - len(found))
                    begin, after_id = begin + 1, ""
                    continue
                if len(rows) > window:
                    estimated_rows = estimated_rows or max(1, self._count())
                    # Twice as many rows as are wanted must fit into a window.
                    step = min(wanted - len(found), window // 4)
                    end, estimated_rows = self._narrow(begin, end, step, estimated_rows)
                    continue
                found += sorted(rows, key=lambda p: (self._key(p), p.id))
            if end == _END:
                break
            begin, after_id, end, estimated_rows = end + 1, "", _END, 0
        return found[:wanted]

    def _read(self, begin: int, after_id: str, end: int, limit: int) -> list[Position]:
        """Any `limit` of the positions in a window, both ends included."""
        rows = self._query(self._window(begin, after_id, end), self._columns, limit, False)
        return [Position(row["id"], self._field.read(row)) for row in rows]

    def _moment(self, key: int, after_id: str, wanted: int) -> list[Position]:
        """The next positions of a single microsecond, which may hold any number of rows."""
        expression = self._window(key, after_id, key)
        rows = self._query(expression, ["id"], min(wanted, MAX_WINDOW), True)
        return [Position(row["id"], self._sign * key) for row in rows]

    def _narrow(self, begin: int, end: int, wanted: int, estimated_rows: int) -> tuple[int, int]:
        """A nearer end for a window, and the estimated rows that are left in it."""
        while True:
            share = min(1.0, self._sample / estimated_rows)
            sampled = and_(self._window(begin, "", end), _ids_below(share))
            rows = self._query(sampled, self._columns, 4 * self._sample, False)
            # Twice as many as are wanted, so that one narrower window is usually enough.
            rank = math.ceil(2 * wanted * share)
            if len(rows) == 4 * self._sample:
                estimated_rows *= 8  # The sample was truncated, so it is not uniform.
            elif rank >= len(rows) and share < 1.0:
                estimated_rows = max(
                    1, estimated_rows // 16
                )  # A filter leaves few of the collection's rows.
            else:
                break
        if not rows:
            return end, estimated_rows  # All were deleted in the meantime.
        keys = sorted(self._sign * self._field.read(row) for row in rows)
        nearer = keys[min(rank, len(keys)) - 1]
        # If most of the sample have one time, the rows before that time are read separately.
        return (nearer if nearer < end else end - 1), max(1, math.ceil(rank / share))

    def _window(self, begin: int, after_id: str, end: int) -> str:
        first, operand = self._sign * begin, self._field.operand
        nearest, farthest = (">=", "<=") if self._sign > 0 else ("<=", ">=")
        bounds = ['id >= ""']
        if begin > -_END:
            bounds.append(f"{operand} {nearest} {first}")
        if end < _END:
            bounds.append(f"{operand} {farthest} {self._sign * end}")
        if after_id:
            bounds.append(f"({operand} != {first} or id > {quote(after_id)})")
        return and_(self._expression, *bounds)

    def _key(self, position: Position) -> int:
        return self._sign * (position.time or 0)


class TakenPagination:
    """Positions by the time of taking, as `TimePagination`; those without one come last, by id."""

    def __init__(
        self, query: Query, count: Callable[[], int], expression: str, *, newest_first: bool
    ) -> None:
        absent = f"not (exists {TAKEN_AT.operand})"
        self._query = query
        self._without = and_(expression, absent)
        known = and_(expression, f"not ({absent})")
        self._known = TimePagination(query, count, known, newest_first=newest_first, field=TAKEN_AT)

    def after(self, last: Position | None, wanted: int) -> list[Position]:
        """As `TimePagination.after`."""
        found: list[Position] = []
        after_id = ""
        if last is None or last.time is not None:
            found = self._known.after(last, wanted)
        else:
            after_id = last.id
        if left := wanted - len(found):
            expression = and_(self._without, f"id > {quote(after_id)}")
            rows = self._query(expression, ["id"], left, True)
            found += [Position(row["id"]) for row in rows]
        return found


Pagination = TimePagination | TakenPagination


def paginate(query: Query, count: Callable[[], int], expression: str, order: Order) -> Pagination:
    """The positions of the images that `expression` names, in an order by time."""
    newest_first = order.startswith("-")
    if order.endswith("taken_at"):
        return TakenPagination(query, count, expression, newest_first=newest_first)
    return TimePagination(query, count, expression, newest_first=newest_first)


def _time_types(cursor: str, order: Order) -> tuple[type, ...]:
    """What the time in a cursor may be: images that were taken at no known time have none."""
    if order == "id":
        return (type(None),)
    if order.endswith("added_at"):
        return (int,)
    try:
        cursors.decode(cursor, str, str, int)
    except InvalidRequest:
        return (type(None),)
    return (int,)


def _ids_below(share: float) -> str:
    """A condition that a `share` of all ids meets: they are hex digits of a hash."""
    if share >= 1.0:
        return ""
    return f"id < {quote(f'{int(share * 16**12):012x}')}"
