"""What searches ask of Milvus: every kind of search says how thoroughly, and where."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from shared.domain.image import ImageFilter
from shared.domain.query import SearchParameters
from shared.errors import NotFound
from shared.store.client import AsyncMilvusConnection
from shared.store.example_search import ExampleSearch
from shared.store.indexes import search_params
from shared.store.schema import METRIC, VECTOR

QUERY = [1.0] + [0.0] * 511


class Recorder:
    """A connection whose searches find nothing and are kept."""

    def __init__(self) -> None:
        self.searches: list[dict[str, Any]] = []

    async def run(self, operation: Callable[[Any], Awaitable[Any]], _: str) -> Any:
        return await operation(self)

    async def search(self, collection: str, **named: Any) -> list[list[Any]]:
        self.searches.append({"collection": collection, **named})
        return [[] for _ in named["data"]]

    async def describe_collection(self, _: str, **__: Any) -> dict[str, Any]:
        known = {"fingerprint": "f", "weights": "w", "pooling": "avg", "generation": "g1"}
        return {"properties": {f"lookalike.{name}": value for name, value in known.items()}}


@pytest.fixture
def milvus() -> Recorder:
    return Recorder()


@pytest.fixture
def search(milvus: Recorder) -> ExampleSearch:
    return ExampleSearch(cast("AsyncMilvusConnection", milvus))


async def test_a_search_in_a_generation_is_one_call_that_names_its_partition(
    search: ExampleSearch, milvus: Recorder
) -> None:
    wanted = SearchParameters(top_k=10, filter=ImageFilter(tag="a"))
    assert await search.nearest("c", QUERY, wanted, generation="g1") == []
    (asked,) = milvus.searches
    assert (asked["collection"], asked["partition_names"]) == ("c", ["g1"])
    assert asked["search_params"] == {"metric_type": METRIC, "params": search_params(12)}
    assert asked["data"] == [QUERY]
    assert asked["limit"] == 12
    assert "tags" in asked["filter"]
    assert "uri" in asked["output_fields"]
    assert VECTOR not in asked["output_fields"]


async def test_a_search_is_as_thorough_as_it_is_told(
    search: ExampleSearch, milvus: Recorder
) -> None:
    wanted = SearchParameters(top_k=10, index_params={"ef": 500, "nprobe": 3})
    await search.nearest("c", QUERY, wanted)
    await search.best_score("c", [QUERY], [], wanted)
    for asked in milvus.searches:
        params = asked["search_params"]["params"]
        assert (params["ef"], params["nprobe"]) == (500, 3)


async def test_a_search_in_no_generation_names_none(
    search: ExampleSearch, milvus: Recorder
) -> None:
    assert await search.nearest("c", QUERY, SearchParameters(top_k=1)) == []
    (asked,) = milvus.searches
    assert asked["partition_names"] is None


async def test_a_search_by_best_score_is_as_thorough(
    search: ExampleSearch, milvus: Recorder
) -> None:
    assert await search.best_score("c", [QUERY, QUERY], [], SearchParameters(top_k=10)) == []
    (asked,) = milvus.searches
    assert len(asked["data"]) == 2
    wanted = {"metric_type": METRIC, "params": search_params(asked["limit"])}
    assert asked["search_params"] == wanted


async def test_nothing_found_where_the_rows_are_no_more_is_no_answer(
    search: ExampleSearch,
) -> None:
    for home, generation in (("r1", "g1"), ("", "g0")):
        with pytest.raises(NotFound) as refused:
            await search.nearest(
                "c", QUERY, SearchParameters(top_k=1), generation=generation, home=home
            )
        assert refused.value.code == "collection_replaced"
        with pytest.raises(NotFound):
            await search.best_score(
                "c", [QUERY], [], SearchParameters(top_k=1), generation=generation, home=home
            )
