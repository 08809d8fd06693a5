"""Listings of which several folders are asked for at once: the same objects, in the same order."""

import random
import threading
from collections.abc import Iterator, Sequence

import pytest

from shared.errors import PictureError
from shared.sources import FileStatus
from shared.sources.buckets import BucketObject
from shared.sources.buckets.folders import folders_below
from shared.sources.buckets.read_ahead import read_ahead

NAMES = ("a", "b", "b-", "b.jpg", "0", "~", "ä", "\U0001f600", "z z")


class Listed:
    """A store of some keys, which notes what it is asked for."""

    def __init__(self, keys: Sequence[str], page: int = 3) -> None:
        self.keys = sorted(keys)
        self.page = page
        self.asked: list[tuple[str, str]] = []
        self.fails_after = ""
        self.pages = 0

    def __call__(self, folder: str, after: str) -> Iterator[Sequence[BucketObject]]:
        self.asked.append((folder, after))
        prefix = f"{folder}/" if folder else ""
        found = [key for key in self.keys if key.startswith(prefix) and key > after]
        for at in range(0, len(found), self.page):
            page = found[at : at + self.page]
            if self.fails_after and page[-1] > self.fails_after:
                raise PictureError("unreachable", "It does not answer.")
            self.pages += 1
            # A key that ends with a slash is listed without it.
            yield [BucketObject(key.removesuffix("/"), FileStatus(1, 1)) for key in page]


def keys(pages: Iterator[Sequence[BucketObject]]) -> list[str]:
    return [item.key for page in pages for item in page]


def some(dice: random.Random, count: int) -> list[str]:
    made = set()
    for _ in range(count):
        depth = dice.choice((1, 1, 2, 2, 3, 5))
        folders = [dice.choice(NAMES) for _ in range(depth - 1)]
        made.add("/".join([*folders, f"{dice.choice(NAMES)}{dice.randrange(30)}"]))
    return sorted(made)


@pytest.mark.parametrize("seed", range(20))
def test_the_order_is_that_of_one_listing(seed: int) -> None:
    dice = random.Random(seed)
    made = some(dice, dice.choice((0, 1, 10, 200)))
    for page in (1, 2, 7, 1000):
        assert keys(read_ahead(Listed(made, page), "", "")) == made
    after = dice.choice([*made, ""])
    assert keys(read_ahead(Listed(made), "", after)) == [key for key in made if key > after]
    inside = [key for key in made if key.startswith("b/")]
    assert keys(read_ahead(Listed(made), "b", "")) == inside


def test_an_object_that_stands_for_a_folder_is_listed_once() -> None:
    made = ["a-b.jpg", "a/", "a/1.jpg", "a/2/", "a/2/3.jpg", "b/", "b/1.jpg"]
    for page in (1, 2, 3):
        found = keys(read_ahead(Listed(made, page), "", ""))
        pictures = [key for key in made if key.endswith(".jpg")]
        assert [key for key in found if key.endswith(".jpg")] == pictures
        assert len(found) == len(set(found))


def test_folders_are_asked_for_while_another_is_read() -> None:
    made = [f"{folder}/{n}" for folder in "abc" for n in range(9)]
    listed = Listed(made)
    assert keys(read_ahead(listed, "", "")) == made
    assert [folder for folder, _ in listed.asked if folder] == ["a", "b", "c"]


def test_little_is_ahead_of_who_takes_it() -> None:
    listed = Listed([f"{folder:04}/{n}" for folder in range(1000) for n in range(9)])
    before = threading.active_count()
    found = read_ahead(listed, "", "")
    for taken in range(1, 60):
        next(found)
        # Four folders with two pages each, their first ones, and what is about to be put.
        assert listed.pages - taken < 30
    found.close()  # type: ignore[attr-defined]  # it is a generator
    for thread in threading.enumerate():
        if thread.name == "list":
            thread.join(timeout=60)
    assert threading.active_count() == before


@pytest.mark.parametrize("after", ["a/3", "a/8", "c/1"])
def test_what_fails_is_raised_after_what_is_before_it(after: str) -> None:
    made = [f"{folder}/{n}" for folder in "abc" for n in range(9)]
    listed = Listed(made)
    listed.fails_after = after
    found: list[str] = []
    with pytest.raises(PictureError, match="does not answer"):
        found.extend(item.key for page in read_ahead(listed, "", "") for item in page)
    assert found == made[: len(found)]
    assert found[-1] <= after


def test_no_thread_is_begun_for_the_first_page() -> None:
    before = threading.active_count()
    found = read_ahead(Listed(["a/1", "b/1"], 1), "", "")
    assert keys(iter([next(found)])) == ["a/1"]
    assert threading.active_count() == before


def test_folders_are_found_without_reading_what_is_in_them() -> None:
    made = [f"in/{folder}/{n}" for folder in "abcdefg" for n in range(90)]
    listed = Listed([*made, "in/.hidden/1", "in/0.jpg", "in/c-/1"], 2)
    names, rest = folders_below(listed, "in", "", 3)
    assert (names, rest is None) == (["a", "b", "c-"], False)
    more, end = folders_below(listed, "in", rest or "", 9)
    assert (more, end) == (["c", "d", "e", "f", "g"], None)
    assert len(listed.asked) < 20


def test_many_objects_beside_the_folders_are_passed_over_in_several_calls() -> None:
    listed = Listed([*(f"{n:04}.jpg" for n in range(100)), "a/1"], 2)
    names, rest = folders_below(listed, "", "", 9)
    found, calls = list(names), 1
    while rest is not None:
        names, rest = folders_below(listed, "", rest, 9)
        found, calls = [*found, *names], calls + 1
    assert found == ["a"]
    assert 1 < calls < 6
