"""Images are deleted before their regions, and what fails in between; the connection is made up."""

from typing import cast

import pytest

from shared.errors import Unavailable
from shared.store.client import MilvusConnection
from shared.store.homes import Homes
from shared.store.regions import RegionsLeft, delete_images

IDS = [f"{n:032x}" for n in range(500)]
AWAY = Unavailable("milvus_unavailable", "Milvus is away.")


class Milvus:
    """Notes what is deleted, as (collection, rows)."""

    def __init__(self) -> None:
        self.deleted: list[tuple[str, int]] = []
        self.away: set[str] = set()

    def describe(self, _: str) -> dict[str, object]:
        known = {"fingerprint": "f", "weights": "w", "pooling": "avg", "generation": "g"}
        known["regions"] = "quarters+middle"
        return {"properties": {f"lookalike.{name}": value for name, value in known.items()}}

    def delete(self, collection: str, ids: list[str], _: str) -> None:
        if collection in self.away:
            raise AWAY
        self.deleted.append((collection, len(ids)))


class Held:
    """A lock that holds for some calls."""

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def require_time(self) -> None:
        self.calls -= 1
        if self.calls < 0:
            raise Unavailable("image_busy", "It is too old.")


def delete(milvus: Milvus, held: Held, done: list[int] | None = None) -> None:
    def note() -> None:
        if done is not None:
            done.append(len(milvus.deleted))

    connection = cast("MilvusConnection", milvus)
    homes = Homes(connection)
    delete_images(connection, homes, homes.fresh("c"), IDS, held=held, on_deleted=note)


def test_the_lock_is_asked_before_each_call() -> None:
    milvus, held, done = Milvus(), Held(10), list[int]()
    delete(milvus, held, done)
    regions = [("g_regions", 1000), ("g_regions", 1000), ("g_regions", 500)]
    assert milvus.deleted == [("c", 500), *regions]
    assert (held.calls, done) == (6, [1])


def test_regions_are_left_once_others_may_write_the_rows() -> None:
    milvus = Milvus()
    delete(milvus, Held(2))
    assert milvus.deleted == [("c", 500), ("g_regions", 1000)]


def test_nothing_is_deleted_under_a_lock_that_is_too_old() -> None:
    milvus = Milvus()
    with pytest.raises(Unavailable) as refusal:
        delete(milvus, Held(0))
    assert (refusal.value.code, milvus.deleted) == ("image_busy", [])
    assert not isinstance(refusal.value, RegionsLeft)


def test_an_outage_says_whether_the_images_are_gone() -> None:
    milvus, done = Milvus(), list[int]()
    milvus.away = {"g_regions"}
    with pytest.raises(RegionsLeft) as failure:
        delete(milvus, Held(9), done)
    assert (failure.value.code, done) == ("milvus_unavailable", [1])
    milvus.away = {"c"}
    with pytest.raises(Unavailable) as away:
        delete(milvus, Held(9), done)
    assert not isinstance(away.value, RegionsLeft)
    assert done == [1]
