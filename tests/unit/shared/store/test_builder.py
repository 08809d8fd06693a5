"""What is made for a collection that is dropped meanwhile; Milvus is made up."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import cast
from unittest.mock import Mock

import pytest

from shared.domain.collection import IndexSpec
from shared.errors import NotFound, Unavailable, collection_not_found
from shared.store.builder import CollectionBuilder
from shared.store.client import MilvusConnection


class Milvus:
    """A server whose collection `c` is away: each call about it raises."""

    lite = False

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.client = Mock()
        self.client.has_collection.return_value = False
        self.client.list_indexes.return_value = ["vector"]
        self.exclusive = Mock(side_effect=lambda _: nullcontext())
        self.describe: Callable[[str], object] = Mock()

    def run(self, operation: object, collection: str | None = None) -> object:
        if collection == "c":
            raise self.error
        assert callable(operation)
        return operation(self.client)


def builder(milvus: Milvus) -> CollectionBuilder:
    return CollectionBuilder(cast("MilvusConnection", milvus))


@pytest.mark.parametrize("regions", [True, False])
def test_the_regions_of_a_collection_that_was_dropped_meanwhile_are_dropped(regions: bool) -> None:
    milvus = Milvus(collection_not_found("c"))
    index = IndexSpec(type="HNSW", params={})
    with pytest.raises(NotFound):
        builder(milvus).complete("c", "g", index, regions=regions)
    made, dropped = milvus.client.create_collection, milvus.client.drop_collection
    assert [call.args[0] for call in made.call_args_list] == ["g_regions"] * regions
    assert [call.args[0] for call in dropped.call_args_list] == ["g_regions"] * regions


def test_an_outage_drops_nothing() -> None:
    milvus = Milvus(Unavailable("milvus_unavailable", "Milvus is away."))
    with pytest.raises(Unavailable):
        builder(milvus).complete("c", "g", IndexSpec(type="HNSW", params={}), regions=True)
    assert not milvus.client.drop_collection.called


def test_an_edition_that_goes_while_others_are_looked_for_is_passed_over() -> None:
    milvus = Milvus(collection_not_found("c"))
    there = {f"r{n:032x}": f"g{n % 2}" for n in range(3)}
    milvus.client.list_collections.return_value = [*there, gone := f"r{9:032x}", "c"]

    def describe(name: str) -> object:
        if name == gone:
            raise collection_not_found(name)
        return {"properties": {"lookalike.edition_of": there[name]}}

    milvus.describe = describe
    assert builder(milvus).editions_of("g0") == [f"r{0:032x}", f"r{2:032x}"]
