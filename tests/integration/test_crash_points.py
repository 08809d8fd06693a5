"""A load killed before and after every call that changes a store: the next process is exact."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.ledger import keys, scripts
from tests.crash_points import CrashPoints, Doomed, Point
from tests.folders import Counts
from tests.integration.conftest import OpenLibrary
from tests.integration.library import Library, counts
from tests.integration.processes import System
from tests.orphans import orphans

KEPT = ("0.png", "1.png", "2.png", "3.png", "4.png", "gone.png", "same.png")
TAGS = {
    "0.png": "of 1.png",
    "1.png": "of 0.png",
    "renamed.png": "of 2.png",
    "4.png": "of 4.png",
    "same.png": "of same.png",
}
#: The collection's rows in the end, and what the load counts.
SPECS: dict[str, tuple[dict[str, Any], Counts]] = {
    "skip": ({"on_duplicate": "skip", "sync": True}, Counts(1, 5, 1, 0, 3, 1)),
    "keep": ({"on_duplicate": "keep", "sync": True}, Counts(2, 5, 0, 0, 3, 1)),
}


class Loaded:
    """Seven pictures, each with a tag, as they were loaded once."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._write()
        assert counts(library.load()) == Counts(indexed=len(KEPT))
        for name in KEPT:
            library.tag(name, f"of {name}")
        ids = [row.id for row in library.rows().values()]
        self.stored = list(library.writer.stored(library.collection, ids).values())

    def arrange(self) -> None:
        """The same rows again, and a folder in which a second load finds two chunks.

        Two files exchanged names, one was renamed, one has another content, one another time
        alone, one is new and equal to another, one is gone.
        """
        library = self.library
        for path in library.root.iterdir():
            path.unlink()
        self._write()
        rows = library.rows().values()
        library.images.delete(library.collection, [row.id for row in rows])
        library.writer.upsert(
            library.collection,
            [image.row for image in self.stored],
            [image.vector for image in self.stored],
        )
        library.rotate(["0.png", "1.png"])
        library.rename("2.png", "renamed.png")
        library.write("3.png", 3 + len(KEPT))
        library.touch("4.png")
        library.write("copy.png", KEPT.index("same.png"))
        (library.root / "gone.png").unlink()

    def _write(self) -> None:
        self.library.clock = 0
        for index, name in enumerate(KEPT):
            self.library.write(name, index)


@pytest.fixture
def library(open_library: OpenLibrary) -> Library:
    return open_library()


@pytest.fixture
def points() -> Iterator[CrashPoints]:
    made = CrashPoints()
    with made.installed():
        yield made


@pytest.mark.parametrize(
    ("part", "mode"), [("indexer", "skip"), ("encoder", "skip"), ("encoder", "keep")]
)
def test_killed_at_every_point(library: Library, points: CrashPoints, part: str, mode: str) -> None:
    loaded, system = Loaded(library), System(library, points)
    _know_scripts(library)

    def load(point: Point | None) -> Doomed:
        loaded.arrange()
        doomed, other = Doomed(point), Doomed(None)
        indexer, encoder = (doomed, other) if part == "indexer" else (other, doomed)
        spec, expected = SPECS[mode]
        job = system.load(indexer, encoder, **spec)
        told = str(point)
        assert counts(job) == expected, told
        assert library.indexed_contents() == _contents(library, mode), told
        tags = library.tags()
        assert {name: tags[name] for name in TAGS} == {n: (t,) for n, t in TAGS.items()}, told
        # The heartbeats of these processes do not expire.
        left = [key for key in orphans(library.redis) if not key.startswith(keys.WORKER)]
        assert left == [], told
        return doomed

    enumerated = [point for point in load(None).points() if _is_one_of_a_kind(point)]
    for point in enumerated:
        assert load(point).dead.is_set(), point
    told = ", ".join(map(str, enumerated))
    print(f"{len(enumerated)} points of the {part}: {told}")  # noqa: T201 - shown by -rP
    assert len(enumerated) >= 20


def _contents(library: Library, mode: str) -> dict[str, str]:
    contents = library.contents()
    if mode == "skip":
        del contents["copy.png"]
    return contents


def _is_one_of_a_kind(point: Point) -> bool:
    """Recovery makes the same calls in every round."""
    return point.number == 1 or not point.call.startswith("recovery")


def _know_scripts(library: Library) -> None:
    """Have Redis know all scripts, so that each is one call."""
    for name, text in vars(scripts).items():
        if name.isupper() and isinstance(text, str):
            library.redis.script_load(text)
