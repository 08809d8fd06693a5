"""Values of a field, counted over a store in memory."""

import re
from typing import Any, cast

import pytest

from shared.domain.facets import FacetCounts
from shared.domain.facts import FACTS_KEY, Facts
from shared.errors import InvalidRequest
from shared.store import facets
from shared.store.client import MilvusConnection
from shared.store.facets import Facets
from shared.store.facts import dump_facts
from shared.store.properties import to_milvus
from shared.store.schema import MAX_JSON_ROWS

Rows = list[dict[str, Any]]


class Store:
    """Rows by id, of which no query may want more than a batch."""

    def __init__(self, rows: Rows) -> None:
        self.rows = sorted(rows, key=lambda row: str(row["id"]))
        self.generation = "g1"
        self.queries = 0

    def describe(self, _: str) -> dict[str, Any]:
        given = {"fingerprint": "f", "weights": "w", "pooling": "avg"}
        return {"properties": to_milvus({**given, "generation": self.generation})}

    def query(
        self, _: str, expression: str, fields: tuple[str, ...], *, limit: int, ordered: bool
    ) -> Rows:
        assert ordered
        assert limit <= (MAX_JSON_ROWS if "metadata" in fields else facets._BATCH)
        self.queries += 1
        found = re.fullmatch(r'id > "(\w*)"', expression)
        assert found
        return [row for row in self.rows if row["id"] > found[1]][:limit]


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def facets_of(store: Store, clock: Clock) -> Facets:
    return Facets(cast("MilvusConnection", store), clock)


def count(rows: Rows, field: str = "tags", prefix: str = "", limit: int = 10) -> FacetCounts:
    return facets_of(stored(rows), Clock()).count("c", field, prefix, limit)


def stored(rows: Rows) -> Store:
    return Store([{"id": f"{place:08x}", **row} for place, row in enumerate(rows)])


def test_the_most_frequent_come_first_then_by_the_alphabet() -> None:
    rows: Rows = [{"tags": ["b", "a"]}, {"tags": ["b"]}, {"tags": []}, {"tags": ["c"]}]
    assert tuple(count(rows)) == ([("b", 2), ("a", 1), ("c", 1)], 4, True)
    assert count(rows, limit=1).values == [("b", 2)]
    assert tuple(count([])) == ([], 0, True)


def test_a_prefix_counts_in_any_case() -> None:
    rows = [{"tags": ["Straße", "strand", "see"]}]
    assert [value for value, _ in count(rows, prefix="STR").values] == ["Straße", "strand"]
    assert count(rows, prefix="strasse").values == [("Straße", 1)]
    assert count(rows, prefix="x").values == []


def test_values_of_the_metadata_keep_their_kind() -> None:
    given: list[Any] = [1, True, "1", 1.5, [1, 1, "x"], None, {"b": 2}]
    found = count(
        [{"metadata": {"a": value}} for value in given] + [{"metadata": {}}], "metadata.a"
    )
    kinds = {(type(value).__name__, value, number) for value, number in found.values}
    assert kinds == {
        ("int", 1, 2),
        ("bool", True, 1),
        ("str", "1", 1),
        ("float", 1.5, 1),
        ("str", "x", 1),
    }
    # One image's equal values of two kinds are two values.
    assert len(count([{"metadata": {"a": [1, True, 1]}}], "metadata.a").values) == 2
    nested: Rows = [{"metadata": {"a": {"b": "deep"}}}, {"metadata": {"a": "flat"}}]
    assert count(nested, "metadata.a.b").values == [("deep", 1)]
    assert count([{"metadata": {"a": True}}], "metadata.a", "tr").values == [(True, 1)]


def test_cameras_are_facts_of_the_picture_not_of_its_metadata() -> None:
    shot: Rows = [{"metadata": {"camera": "own", FACTS_KEY: dump_facts(Facts(camera="X100"))}}]
    assert count([*shot, {"metadata": {"camera": "own"}}], "camera").values == [("X100", 1)]
    assert count(shot, "metadata.camera").values == [("own", 1)]
    assert count(shot, "lens").values == []


def test_of_many_images_a_sample_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets, "MAX_LOOKED_AT", 25)
    monkeypatch.setattr(facets, "_BATCH", 10)
    rows: Rows = [{"format": "png"}] * 40
    assert tuple(count(rows, "format")) == ([("png", 25)], 25, False)
    assert tuple(count(rows[:24], "format")) == ([("png", 24)], 24, True)


def test_metadata_is_read_in_parts_that_a_server_returns() -> None:
    rows: Rows = [{"metadata": {"a": "x"}}] * (2 * MAX_JSON_ROWS + 1)
    assert tuple(count(rows, "metadata.a")) == ([("x", len(rows))], len(rows), True)


def test_what_is_typed_asks_for_the_same_counts_again() -> None:
    store, clock = stored([{"tags": ["sun", "sum"], "format": "png"}]), Clock()
    counted = facets_of(store, clock)
    assert [value for value, _ in counted.count("c", "tags", "", 10).values] == ["sum", "sun"]
    assert counted.count("c", "tags", "sun", 10).values == [("sun", 1)]
    assert store.queries == 1
    assert counted.count("c", "format", "", 10).values == [("png", 1)]
    assert store.queries == 2
    store.rows[0]["tags"] = ["moon"]
    clock.now += facets.KEPT_SECONDS
    assert counted.count("c", "tags", "", 10).values == [("moon", 1)]


def test_counts_are_of_one_generation_of_a_collection() -> None:
    store = stored([{"tags": ["old"]}])
    counted = facets_of(store, Clock())
    counted.count("c", "tags", "", 10)
    store.generation, store.rows = "g2", []
    assert counted.count("c", "tags", "", 10).values == []


def test_counts_that_take_much_memory_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    store = stored([{"tags": ["a" * 100, "b"], "format": "png", "job": "j"}])
    counted = facets_of(store, Clock())
    monkeypatch.setattr(facets, "_MAX_KEPT_BYTES", 500)
    for _ in range(2):
        assert len(counted.count("c", "tags", "", 10).values) == 2
    assert store.queries == 2
    monkeypatch.setattr(facets, "_MAX_KEPT", 1)
    for field in ("format", "format", "job", "job", "format"):
        counted.count("c", field, "", 10)
    assert store.queries == 5


@pytest.mark.parametrize("field", ["width", "uri", "nonsense", "metadata.", "metadata.a..b"])
def test_fields_of_too_many_values_are_refused(field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        count([{"tags": []}], field)
    assert refused.value.code == "invalid_facet"
