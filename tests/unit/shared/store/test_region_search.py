"""How regions and whole images are searched together, on a connection that is made up."""

import gc
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, cast

import pytest

from shared.domain.image import ImageFilter
from shared.domain.query import SearchParameters
from shared.errors import InvalidRequest, NotFound, collection_not_found
from shared.store.client import AsyncMilvusConnection
from shared.store.ranking import Ranking
from shared.store.region_search import FEW_IMAGES, NEAREST_REGIONS, Part, RegionSearch, merge
from tests.integration.shared.store.samples import make_row

QUERY = [1.0] + [0.0] * 511
WHOLE = Ranking([(0.9, "a"), (0.5, "b"), (0.4, "c")], {"a": "A", "b": "B", "c": "C"}, {})


def test_the_better_of_the_whole_and_its_region_counts() -> None:
    parts = {"a": Part(0.8, 1, "A"), "b": Part(0.95, 2, "B"), "c": Part(0.4, 3, "C")}
    merged = merge(WHOLE, {}, parts)
    assert list(merged.scored) == [(0.95, "b"), (0.9, "a"), (0.4, "c")]
    assert merged.regions == {"b": 2}


def test_an_image_that_is_only_found_by_its_region_joins_the_ranked() -> None:
    parts = {"x": Part(0.6, 0, "X"), "y": Part(0.9, 1, "Y")}
    merged = merge(WHOLE, {"x": "X", "y": "Y"}, parts)
    # Equal scores are in the order of their ids.
    assert list(merged.scored) == [(0.9, "a"), (0.9, "y"), (0.6, "x"), (0.5, "b"), (0.4, "c")]
    assert merged.regions == {"x": 0, "y": 1}


def test_regions_without_their_image_or_of_another_content_are_never_hits() -> None:
    parts = {"gone": Part(1.0, 0, "G"), "b": Part(1.0, 0, "before"), "x": Part(1.0, 0, "old")}
    merged = merge(WHOLE, {"x": "X"}, parts)
    assert (list(merged.scored), dict(merged.regions)) == (list(WHOLE.scored), {})


class Store:
    """A connection to a collection of some images, and of a region of each."""

    def __init__(self, images: int, *, regions: bool = True) -> None:
        self.rows = [make_row(n) for n in range(images)]
        self.regions = regions
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.dropped = False
        #: The nearest parts, as Milvus has them, if there are to be more than the last image's.
        self.parts: list[tuple[str, str]] = []

    async def run(self, operation: Callable[[Any], Awaitable[Any]], collection: str) -> Any:
        if self.dropped and collection.endswith("_regions"):
            raise collection_not_found(collection)
        return await operation(self)

    def reading(self, _: str) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def describe_collection(self, _: str, **__: Any) -> dict[str, Any]:
        known = {"fingerprint": "f", "weights": "w", "pooling": "avg", "generation": "g1"}
        known |= {"regions": "quarters+middle"} if self.regions else {}
        return {"properties": {f"lookalike.{name}": value for name, value in known.items()}}

    async def search(self, collection: str, **named: Any) -> list[list[Any]]:
        self.asked.append((collection, named))
        if not collection.endswith("_regions"):
            return [[_hit(row.id, 0.5 - n / 1000, row) for n, row in enumerate(self.rows[:3])]]
        if self.parts:
            return [[_part(image, sha256) for image, sha256 in self.parts]]
        last = self.rows[-1]
        part = {"image": last.id, "region": 2, "sha256": last.sha256}
        return [[{"id": f"{last.id}-02", "distance": 0.8, "entity": part}]]

    async def query(self, collection: str, **named: Any) -> list[dict[str, Any]]:
        self.asked.append((collection, named))
        rows = [row.model_dump() for row in self.rows]
        if "id in" in named["filter"]:
            rows = [row for row in rows if row["id"] in named["filter"]]
        return rows[: named.get("limit", len(rows))]

    def calls(self, kind: str) -> list[dict[str, Any]]:
        return [named for collection, named in self.asked if collection.endswith(kind)]


def _hit(image: str, score: float, row: Any) -> dict[str, Any]:
    return {"id": image, "distance": score, "entity": row.model_dump()}


def _part(image: str, sha256: str) -> dict[str, Any]:
    entity = {"image": image, "region": 1, "sha256": sha256}
    return {"id": f"{image}-01", "distance": 0.8, "entity": entity}


def search(store: Store) -> RegionSearch:
    return RegionSearch(cast("AsyncMilvusConnection", store))


async def test_a_detail_finds_its_picture_and_says_where() -> None:
    store = Store(10)
    hits = await search(store).nearest("c", QUERY, SearchParameters(top_k=2), generation="g1")
    assert [hit.row for hit in hits] == [store.rows[-1], store.rows[0]]
    assert [(hit.score, hit.region) for hit in hits] == [(0.8, 2), (0.5, None)]
    (asked,) = store.calls("g1_regions")
    assert (asked["limit"], asked["filter"]) == (NEAREST_REGIONS, "")


async def test_the_image_that_is_searched_by_is_not_found_by_its_regions() -> None:
    store = Store(10)
    excluded = {"exclude": store.rows[-1].id, "generation": "g1"}
    hits = await search(store).nearest("c", QUERY, SearchParameters(top_k=5), **excluded)  # type: ignore[arg-type]
    assert [hit.row for hit in hits] == store.rows[:3]


@pytest.mark.parametrize(
    ("generation", "regions"), [("", True), ("g1", False), ("g0", True)], ids=str
)
async def test_only_a_collection_that_has_regions_is_asked_for_them(
    generation: str, regions: bool
) -> None:
    store = Store(3, regions=regions)
    await search(store).nearest("c", QUERY, SearchParameters(), generation=generation)
    assert not store.calls("_regions")


async def test_of_a_filter_that_few_images_match_only_their_regions_are_searched() -> None:
    store, wanted = Store(5), SearchParameters(filter=ImageFilter(tag="even"))
    await search(store).nearest("c", QUERY, wanted, generation="g1")
    (asked,) = store.calls("_regions")
    assert all(row.id in asked["filter"] for row in store.rows)
    (counted,) = (named for named in store.calls("c") if "data" not in named and "limit" in named)
    assert counted["limit"] == FEW_IMAGES + 1


async def test_of_a_filter_that_many_match_what_is_found_is_asked_about() -> None:
    store, wanted = Store(FEW_IMAGES + 5), SearchParameters(filter=ImageFilter(tag="even"))
    hits = await search(store).nearest("c", QUERY, wanted, generation="g1")
    (asked,) = store.calls("_regions")
    assert asked["filter"] == ""
    assert hits[0].row == store.rows[-1]
    checks = [n["filter"] for n in store.calls("c") if store.rows[-1].id in n.get("filter", "")]
    assert any("tags" in check for check in checks)


async def test_regions_that_are_dropped_meanwhile_are_those_of_a_replaced_collection() -> None:
    store = Store(3)
    store.dropped = True
    with pytest.raises(NotFound) as refusal:
        await search(store).nearest("c", QUERY, SearchParameters(), generation="g1")
    assert refusal.value.code == "collection_replaced"
    assert "'c'" in refusal.value.detail


async def test_pages_fit_together_where_many_regions_are_equally_near() -> None:
    store = Store(60)
    copies = sorted(store.rows[3:], key=lambda row: row.id)
    # The lowest ids come last from Milvus.
    store.parts = [(row.id, row.sha256) for row in reversed(copies)]
    found: list[str] = []
    for offset in range(0, 50, 10):
        wanted = SearchParameters(top_k=10, offset=offset)
        hits = await search(store).nearest("c", QUERY, wanted, generation="g1")
        found += [hit.row.id for hit in hits]
    assert found == [row.id for row in copies[:50]]


async def test_images_of_another_content_than_their_regions_take_no_place() -> None:
    store = Store(40)
    rows = sorted(store.rows[3:], key=lambda row: row.id)
    store.parts = [(row.id, "f" * 64) for row in rows[:30]]
    store.parts += [(row.id, row.sha256) for row in rows[30:]]
    hits = await search(store).nearest("c", QUERY, SearchParameters(top_k=7), generation="g1")
    assert [hit.row.id for hit in hits] == [row.id for row in rows[30:]]


async def test_a_refused_search_leaves_nothing_that_nobody_waits_for() -> None:
    store = Store(3)
    refused = SearchParameters(filter=ImageFilter(tag="\ud800"))
    with pytest.raises(InvalidRequest) as refusal:
        await search(store).nearest("c", QUERY, refused, generation="g1")
    assert refusal.value.code == "invalid_text"
    gc.collect()
    assert not store.asked
