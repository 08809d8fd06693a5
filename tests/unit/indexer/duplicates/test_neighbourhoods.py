"""Ties of an image: to contents that are near, and stand out from what is merely like it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from indexer.duplicates.grouping import Bounds
from indexer.duplicates.neighbourhoods import NEAREST, NEAREST_OF_MANY, Neighbourhoods
from shared.ledger import DirectedTie
from shared.store import Neighbour, Neighbours, StoredVectors

COPIES, SIMILAR = Bounds(0.9, 0.8), Bounds(0.8, 0.6)


class Near(Neighbours):
    """Answers with neighbours that the test gives, whatever the vector."""

    def __init__(
        self, scores: Iterable[float], equal: int = 0, hashes: Mapping[str, str] | None = None
    ) -> None:
        own = [Neighbour(f"own{n}", "own", 1.0) for n in range(1 + equal)]
        others = [Neighbour(f"i{n}", f"c{n}", score) for n, score in enumerate(scores)]
        self.hits = own + others
        self.limits: list[int] = []
        self.hashes = hashes or {}
        self.asked: list[list[str]] = []

    def nearest(self, *args: Any, without: Iterable[str] = (), **_: Any) -> list[list[Neighbour]]:
        self.limits.append(args[-1])
        left_out = set(without)
        return [[hit for hit in self.hits if hit.sha256 not in left_out][: args[-1]]]

    def pixel_hashes_of(self, _: str, ids: Sequence[str]) -> dict[str, str]:
        self.asked.append(list(ids))
        return {image: found for image in ids if (found := self.hashes.get(image))}


def ties(near: Near, copies: Bounds = COPIES, similar: Bounds = SIMILAR) -> list[DirectedTie]:
    found = Neighbourhoods(near, "c", "g", copies, similar)
    return list(found.ties(StoredVectors(["own0"], ["own"], np.ones((1, 512), np.float32))))


def scores(found: list[DirectedTie]) -> list[float]:
    return [tie.score for tie in found]


def test_contents_that_are_near_enough_are_tied() -> None:
    found = ties(Near([0.95, 0.85, 0.7]))
    assert found == [DirectedTie("own0", "i0", 0.95), DirectedTie("own0", "i1", 0.85)]


def test_equal_files_do_not_hide_what_is_near() -> None:
    near = Near([0.95], equal=100)
    assert scores(ties(near)) == [0.95]
    assert near.limits == [NEAREST, NEAREST_OF_MANY]


def test_an_image_among_many_that_look_alike_is_no_copy_of_the_nearest() -> None:
    crowd = [0.84] * 30
    (first, *others) = scores(ties(Near([0.92, *crowd])))
    # A distance of .08, where the background's is .16: half of it.
    assert SIMILAR.tie < first < COPIES.tie
    assert others == crowd
    # The same where little is like it, and where it stands out.
    assert scores(ties(Near([0.92, *[0.7] * 30]))) == [0.92]
    assert scores(ties(Near([0.94, *crowd])))[0] == 0.94
    assert scores(ties(Near([0.975, *[0.93] * 2, *crowd])))[0] == 0.975


def test_many_copies_are_no_background() -> None:
    assert scores(ties(Near([0.93] * 31))) == [0.93] * 31


def test_a_few_neighbours_tell_nothing() -> None:
    assert scores(ties(Near([0.92, *[0.84] * 20])))[0] == 0.92


@pytest.mark.parametrize("bounds", [SIMILAR, COPIES])
def test_copies_as_loose_as_what_is_similar_need_not_stand_out(bounds: Bounds) -> None:
    found = scores(ties(Near([0.92, *[0.84] * 30]), copies=bounds, similar=bounds))
    assert found[0] == 0.92


#: Hashes of the image and of its first three neighbours: alike, of another picture, not known.
HASHES = {"own0": "0" * 16, "i0": f"{1 << 20:016x}", "i1": "0" * 8 + "7" * 8}


def test_what_looks_different_is_no_copy() -> None:
    near = Near([0.93, 0.92, 0.91, 0.85], hashes=HASHES)
    found = scores(ties(near))
    assert found == [0.93, pytest.approx(COPIES.tie, abs=1e-4), 0.91, 0.85]
    assert SIMILAR.tie < found[1] < COPIES.tie
    # The hashes are asked for where they decide alone.
    assert near.asked == [["own0", "i0", "i1", "i2"]]


def test_what_the_vectors_are_sure_of_is_a_copy_whatever_its_hash() -> None:
    near = Near([0.98, 0.85], hashes=HASHES | {"i0": HASHES["i1"]})
    assert scores(ties(near)) == [0.98, 0.85]
    assert near.asked == []


def test_hashes_say_nothing_where_all_that_is_similar_is_a_copy() -> None:
    near = Near([0.93, 0.92], hashes=HASHES)
    assert scores(ties(near, copies=SIMILAR, similar=SIMILAR)) == [0.93, 0.92]


def test_rows_without_a_hash_are_graded_by_their_vectors() -> None:
    near = Near([0.93, 0.92], hashes={name: HASHES[name] for name in ("i0", "i1")})
    assert scores(ties(near)) == [0.93, 0.92]


def test_no_images_are_not_searched_for() -> None:
    near = Near([])
    empty = StoredVectors([], [], np.empty((0, 512), np.float32))
    assert list(Neighbourhoods(near, "c", "g", COPIES, SIMILAR).ties(empty)) == []
    assert near.limits == []
