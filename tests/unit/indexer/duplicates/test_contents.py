"""Contents are numbered by their names, and know their images."""

import numpy as np

from indexer.duplicates.contents import Contents, Packed
from shared.domain.duplicates import Member


def packed(*values: int) -> Packed:
    return np.frombuffer(b"".join(value.to_bytes(16, "big") for value in values), "V16")


def name(value: int) -> str:
    return f"{value:032x}"


def test_images_are_found_by_content_and_contents_by_image() -> None:
    contents = Contents(packed(1, 2, 256, 2**127), packed(9, 0, 9, 2**64))
    assert contents.images == 4
    assert list(contents.shared()) == [[Member(name(1), name(9)), Member(name(256), name(9))]]
    assert contents.members([name(2**64), name(0)]) == [
        Member(name(2**127), name(2**64)),
        Member(name(2), name(0)),
    ]
    numbers = contents.numbers(packed(256, 2**127, 3, 2, 2**128 - 1))
    assert numbers.tolist() == [1, 2, -1, 0, -1]
    assert [contents.name(number) for number in range(3)] == [name(0), name(9), name(2**64)]


def test_an_empty_collection_has_none() -> None:
    contents = Contents(packed(), packed())
    assert contents.images == 0
    assert list(contents.shared()) == []
    assert contents.numbers(packed(1)).tolist() == [-1]
