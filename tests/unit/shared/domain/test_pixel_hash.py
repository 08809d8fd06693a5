"""Distances of hashes, and when they say that two pictures are different ones."""

import random

import pytest

from shared.domain.pixel_hash import MOST_BITS, SURE, distance, is_hash, shows_another


def flipped(pixel_hash: str, bits: int) -> str:
    """A hash that differs in so many bits; in a pattern that no turn or mirror makes good."""
    places = random.Random(1).sample(range(64), bits)
    return f"{int(pixel_hash, 16) ^ sum(1 << place for place in places):016x}"


HASH = f"{random.Random(0).getrandbits(64):016x}"


@pytest.mark.parametrize("bits", [0, 1, 7, 20])
def test_the_bits_that_differ_are_counted(bits: int) -> None:
    assert distance(HASH, flipped(HASH, bits)) == bits
    assert distance(flipped(HASH, bits), HASH) == bits


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (HASH, True),
        (HASH[:-1], False),
        (f"{HASH}0", False),
        (f"{HASH}\n", False),
        (HASH.upper(), False),
        ("x" * 16, False),
        (None, False),
        (7, False),
    ],
)
def test_what_is_a_hash(value: object, expected: bool) -> None:
    assert is_hash(value) is expected


def test_a_picture_is_another_one_beyond_the_limit_alone() -> None:
    assert not shows_another(0.93, HASH, flipped(HASH, MOST_BITS))
    assert shows_another(0.93, HASH, flipped(HASH, MOST_BITS + 1))


def test_nothing_is_said_where_the_vectors_are_sure_or_a_hash_is_not_known() -> None:
    far = flipped(HASH, MOST_BITS + 1)
    assert not shows_another(SURE, HASH, far)
    assert not shows_another(0.93, None, far)
    assert not shows_another(0.93, HASH, None)
