"""Paging by time over a store in memory that returns rows in no order, as Milvus may."""

import random
import re
from collections.abc import Sequence

import pytest

from shared.domain.facts import FACTS_KEY
from shared.store.schema import MAX_JSON_ROWS, MAX_WINDOW
from shared.store.time_pagination import ADDED_AT, TAKEN_AT, Position, TimeField, TimePagination

Rows = list[dict[str, object]]


class Store:
    """Rows whose queries are evaluated for real, in an order that helps nobody."""

    def __init__(self, times: list[int], seed: int = 1) -> None:
        dice = random.Random(seed)
        self.rows = [(f"{dice.getrandbits(128):032x}", time) for time in times]
        self.queries = 0
        self.largest = 0

    def query(
        self, expression: str, fields: Sequence[str], limit: int, ordered: bool
    ) -> list[dict[str, object]]:
        self.queries += 1
        assert limit <= (MAX_JSON_ROWS if "metadata" in fields else MAX_WINDOW)
        expression = expression.replace(TAKEN_AT.operand, "row[1]").replace("added_at", "row[1]")
        condition = compile(re.sub(r"\bid\b", "row[0]", expression), "", "eval")
        found = [row for row in self.rows if eval(condition, {"row": row})]
        if ordered:
            found.sort()
        found = found[:limit]
        self.largest = max(self.largest, len(found))
        return [self._row(image, time, fields) for image, time in found]

    @staticmethod
    def _row(image: str, time: int, fields: Sequence[str]) -> dict[str, object]:
        columns = {"id": image, "added_at": time, "metadata": {FACTS_KEY: {"taken_at": time}}}
        return {name: columns[name] for name in fields}


def _all(
    store: Store, *, newest_first: bool, page: int, field: TimeField = ADDED_AT
) -> tuple[list[Position], int]:
    order = TimePagination(
        store.query, lambda: len(store.rows), "", newest_first=newest_first, field=field
    )
    found: list[Position] = []
    pages = 0
    while True:
        rows = order.after(found[-1] if found else None, page)
        pages += 1
        found += rows
        if len(rows) < page:
            return found, pages


TIMES = {
    "even": list(range(0, 60_000, 3)),
    "one_moment": [7] * 6000,
    "burst_after_years": [n * 10**12 for n in range(50)] + [10**15 + n for n in range(9000)],
    "two_moments": [5] * 3000 + [6] * 3000,
    "sparse": [n**4 for n in range(3000)],
    "few": [3, 1, 2],
    "none": [],
}


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES.keys())
def test_every_position_once_and_in_order(times: list[int], newest_first: bool) -> None:
    store = Store(times)
    found, pages = _all(store, newest_first=newest_first, page=500)
    sign = -1 if newest_first else 1
    assert [(p.id, p.time) for p in found] == sorted(
        store.rows, key=lambda row: (sign * row[1], row[0])
    )
    assert store.queries <= 6 * pages + 8
    assert store.largest <= 4000


@pytest.mark.parametrize("name", ["one_moment", "burst_after_years", "two_moments"])
def test_times_among_the_metadata_are_read_in_small_parts(name: str) -> None:
    """A thousand rows of 64 KiB at a time; the store in memory refuses more."""
    store = Store(TIMES[name])
    found, pages = _all(store, newest_first=True, page=1000, field=TAKEN_AT)
    assert [(p.id, p.time) for p in found] == sorted(store.rows, key=lambda row: (-row[1], row[0]))
    assert store.queries <= 20 * pages + 8


def test_a_filter_that_leaves_little_does_not_mislead() -> None:
    store = Store(list(range(20_000)))
    order = TimePagination(store.query, lambda: 50_000_000, "added_at % 10 == 0", newest_first=True)
    found = order.after(None, 300)
    assert [p.time for p in found] == list(range(19_990, 16_990, -10))


def test_a_count_that_is_far_too_small_does_not_mislead() -> None:
    store = Store(list(range(30_000)))
    order = TimePagination(store.query, lambda: 10, "", newest_first=True)
    assert [p.time for p in order.after(None, 50)] == list(range(29_999, 29_949, -1))
    assert store.queries < 20
