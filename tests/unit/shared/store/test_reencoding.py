"""Which editions of a collection are begun and dropped; Milvus is made up."""

from typing import Any, cast
from unittest.mock import Mock

import pytest

from shared.domain.collection import CollectionIdentity, CollectionInfo, Edition, IndexSpec
from shared.errors import Conflict, NotFound, collection_not_found
from shared.store import reencoding
from shared.store.client import MilvusConnection
from shared.store.collections import Collections
from shared.store.properties import read_edition, read_identity, read_properties
from shared.store.reencoding import Editions

FLAT = IndexSpec(type="FLAT")
WANTED = Edition(fingerprint="f1", pooling="rmac", index=FLAT)
OLD = Edition(fingerprint="f0", pooling="avg", index=FLAT, job="1")


class Milvus:
    """One collection's properties."""

    def __init__(self) -> None:
        self.properties = {
            f"lookalike.{key}": value
            for key, value in {
                "fingerprint": "f0",
                "weights": "w",
                "pooling": "avg",
                "generation": "g",
                "index": FLAT.model_dump_json(),
            }.items()
        }

    def describe(self, _: str) -> dict[str, Any]:
        return {"properties": self.properties}

    def write(self, _: str, operation: Any) -> None:
        operation(self)

    def alter_collection_properties(self, _: str, properties: dict[str, str], timeout: int) -> None:
        assert timeout
        self.properties |= properties

    def set(self, **editions: Edition) -> None:
        self.properties |= {
            f"lookalike.{key}": each.model_dump_json() for key, each in editions.items()
        }


class Known:
    """What `Collections` says of it."""

    def __init__(self, milvus: Milvus) -> None:
        self.milvus = milvus

    def properties(self, name: str) -> dict[str, Any]:
        return read_properties(name, self.milvus.describe(name))

    def identity(self, name: str) -> CollectionIdentity:
        return read_identity(name, self.milvus.describe(name))

    def get(self, name: str) -> CollectionInfo:
        return CollectionInfo(
            **dict(self.identity(name)),
            description="",
            count=0,
            created_at=0.0,
            kept=read_edition(self.properties(name), "kept"),
            state="loaded",
        )


@pytest.fixture
def milvus() -> Milvus:
    return Milvus()


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> Mock:
    made = Mock()
    made.editions_of.return_value = []
    monkeypatch.setattr(reencoding, "CollectionBuilder", lambda _: made)
    return made


@pytest.fixture
def editions(milvus: Milvus, builder: Mock) -> Editions:
    return Editions(cast("MilvusConnection", milvus), cast("Collections", Known(milvus)))


def test_what_is_searched_is_never_made_beside_itself(
    editions: Editions, milvus: Milvus, builder: Mock
) -> None:
    begun = editions.begin("c", "g", "1", WANTED)
    editions.swap("c", begun)
    with pytest.raises(Conflict, match="still kept"):
        editions.begin("c", "g", "2", WANTED)
    assert editions.drop("c") == OLD
    builder.reset_mock()

    with pytest.raises(Conflict, match="searched already"):
        editions.begin("c", "g", "1", WANTED)
    assert not builder.create_edition.called
    assert read_identity("c", milvus.describe("c")).next is None


def test_what_is_searched_is_not_dropped_whatever_names_it(
    editions: Editions, milvus: Milvus, builder: Mock
) -> None:
    begun = editions.begin("c", "g", "1", WANTED)
    editions.swap("c", begun)
    editions.drop("c")
    builder.reset_mock()

    milvus.set(next=begun)
    assert editions.drop("c") is None
    milvus.set(dropped=begun)
    editions.drop("c")
    milvus.set(next=begun, kept=OLD)
    assert editions.drop("c") == OLD
    milvus.set(next=begun)
    editions.swap("c", begun)

    info = read_identity("c", milvus.describe("c"))
    assert (info.home, info.next) == (begun.home, None)
    assert not builder.drop.called
    builder.drop_rows.assert_called_once_with("c", "g")


@pytest.mark.parametrize("again", [True, False])
@pytest.mark.parametrize("regions", [True, False])
def test_nothing_stays_of_a_collection_that_is_dropped_meanwhile(
    editions: Editions, milvus: Milvus, builder: Mock, *, again: bool, regions: bool
) -> None:
    if regions:
        milvus.properties["lookalike.regions"] = "1"

    def drop(*_: Any, **__: Any) -> None:
        if again:
            milvus.properties["lookalike.generation"] = "another"
        else:
            milvus.describe = Mock(side_effect=collection_not_found("c"))  # type: ignore[method-assign]

    builder.complete.side_effect = drop
    with pytest.raises(NotFound):
        editions.begin("c", "g", "1", WANTED)
    builder.drop.assert_called_once_with("r1")
    assert [call.args for call in builder.drop_regions.call_args_list] == [("r1",)] * regions
    assert "lookalike.next" not in milvus.properties
