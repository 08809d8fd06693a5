"""What is known of a collection's editions, and for how long; the connection is made up."""

from typing import cast

import pytest

from shared.domain.collection import CollectionIdentity, Edition, IndexSpec
from shared.errors import NotFound, collection_not_found
from shared.store.client import MilvusConnection
from shared.store.editions import EditionChanged, Place, places, require_vectors, write_all
from shared.store.homes import KNOWN_SECONDS, Homes

NEXT = Edition(home="r1", fingerprint="f1", pooling="rmac", index=IndexSpec(type="FLAT"))


class Milvus:
    """Says what a collection is, and counts how often."""

    def __init__(self) -> None:
        self.asked = 0
        self.home = ""
        self.next: Edition | None = None
        self.there = True

    def describe(self, name: str) -> dict[str, object]:
        self.asked += 1
        if not self.there:
            raise collection_not_found(name)
        known = {"fingerprint": "f0", "weights": "w", "pooling": "avg", "generation": "g"}
        known |= {"home": self.home, "next": self.next.model_dump_json() if self.next else ""}
        return {"properties": {f"lookalike.{key}": value for key, value in known.items()}}


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def opened(milvus: Milvus, clock: Clock | None = None) -> Homes:
    return Homes(cast("MilvusConnection", milvus), clock or Clock())


def test_what_was_read_holds_for_a_while() -> None:
    milvus, clock = Milvus(), Clock()
    homes = opened(milvus, clock)
    assert (homes.known("c").rows, homes.known("c").edition) == ("c", "g")
    assert milvus.asked == 1
    clock.now = KNOWN_SECONDS
    milvus.home = "r0"
    assert (homes.known("c").rows, homes.known("c").edition) == ("r0", "r0")
    assert milvus.asked == 2


def test_nothing_is_known_of_a_collection_that_is_encoded_anew() -> None:
    milvus = Milvus()
    milvus.next = NEXT
    homes = opened(milvus)
    assert homes.known("c") == homes.known("c")
    assert milvus.asked == 2
    milvus.next = None
    assert homes.known("c").next is None
    assert homes.known("c").next is None
    assert milvus.asked == 3


def test_a_read_that_finds_nothing_looks_again() -> None:
    milvus = Milvus()
    homes = opened(milvus)

    def read(where: CollectionIdentity) -> str:
        if where.rows == "r0":
            return "found"
        raise collection_not_found(where.rows)

    homes.known("c")
    milvus.home = "r0"
    assert homes.read("c", read) == "found"
    milvus.home = ""
    homes.fresh("c")
    with pytest.raises(NotFound):
        homes.read("c", read)
    milvus.there = False
    with pytest.raises(NotFound):
        homes.fresh("c")
    milvus.there, asked = True, milvus.asked
    homes.known("c")
    assert milvus.asked == asked + 1


class Writes:
    """Notes where is written, but for places that are gone."""

    def __init__(self, *gone: str) -> None:
        self.gone = gone
        self.written: list[str] = []

    def __call__(self, place: Place) -> None:
        if place.rows in self.gone:
            raise collection_not_found(place.rows)
        self.written.append(place.rows)


def test_writes_go_to_the_next_edition_first() -> None:
    milvus, writes = Milvus(), Writes()
    milvus.next = NEXT
    homes = opened(milvus)
    identity = homes.fresh("c")
    assert places(identity) == [Place("r1", "r1", "f1"), Place("c", "g", "f0")]
    write_all(homes, identity, writes)
    assert writes.written == ["r1", "c"]


def test_an_edition_that_was_given_up_or_dropped_is_passed_over() -> None:
    milvus = Milvus()
    milvus.next = NEXT
    homes = opened(milvus)
    identity = homes.fresh("c")
    milvus.next = None
    write_all(homes, identity, given_up := Writes("r1"))
    assert given_up.written == ["c"]
    milvus.home = "r1"
    write_all(homes, identity, dropped := Writes("c"))
    assert dropped.written == ["r1"]


def test_a_write_that_reaches_no_edition_is_an_error() -> None:
    milvus = Milvus()
    homes = opened(milvus)
    identity = homes.fresh("c")
    with pytest.raises(NotFound):
        write_all(homes, identity, Writes("c"))
    milvus.home = "r1"
    with pytest.raises(NotFound):
        write_all(homes, identity, Writes("c"))


def test_vectors_are_there_for_each_edition() -> None:
    milvus = Milvus()
    milvus.next = NEXT
    identity = opened(milvus).fresh("c")
    require_vectors(identity, ["a"], {"f0": {"a": 0}, "f1": {}})
    for vectors in ({"f0": {"a": 0}}, {"f1": {"a": 0}}, {"f0": {}, "f1": {"a": 0}}):
        with pytest.raises(EditionChanged):
            require_vectors(identity, ["a"], vectors)
