"""An encoder killed before or after any call of a load with moves: the next one is exact."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.ledger import Chunks, ContentClaims, Moves
from shared.store import ImageWriter
from tests.integration.conftest import OpenLibrary
from tests.integration.library import Counts, Library, counts

#: Every call that changes something.
CALLS: tuple[tuple[type, str], ...] = (
    (ContentClaims, "claim"),
    (ContentClaims, "release"),
    (Moves, "claim"),
    (Moves, "keep"),
    (ImageWriter, "upsert"),
    (ImageWriter, "update_keeping_vector"),
    (ImageWriter, "delete"),
    (Chunks, "complete"),
)


class Killer:
    """Raises SystemExit around the n-th of the calls: what is left of a worker killed there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, after: bool) -> None:
        self.after = after
        self.left = -1
        for owner, name in CALLS:
            monkeypatch.setattr(owner, name, self._around(getattr(owner, name)))

    def _around(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left == 0 and not self.after:
                raise SystemExit
            result = method(*args, **kwargs)
            if self.left == 0 and self.after:
                raise SystemExit
            return result

        return call


@pytest.fixture
def library(open_library: OpenLibrary) -> Library:
    return open_library()


class Loaded:
    """Six pictures, each with a tag, as they were loaded once."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._write()
        assert counts(library.load()) == Counts(indexed=6)
        for index in range(6):
            library.tag(f"{index}.png", f"of {index}")
        ids = [row.id for row in library.rows().values()]
        self.stored = library.writer.stored(library.collection, ids).values()

    def arrange(self) -> None:
        """Load them again; then three rotate, one is renamed, one is copied twice."""
        for path in self.library.root.iterdir():
            path.unlink()
        self._write()
        rows = self.library.rows().values()
        self.library.images.delete(self.library.collection, [row.id for row in rows])
        self.library.writer.upsert(
            self.library.collection,
            [image.row for image in self.stored],
            [image.vector for image in self.stored],
        )
        change(self.library)

    def _write(self) -> None:
        self.library.clock = 0
        for index in range(6):
            self.library.write(f"{index}.png", index)


def change(library: Library) -> None:
    library.rotate(["0.png", "1.png", "2.png"])
    library.rename("3.png", "renamed.png")
    library.write("copy.png", 4)
    library.write("5.png", 4)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("mode", ["skip", "keep"])
def test_killed_around_any_call(
    library: Library, monkeypatch: pytest.MonkeyPatch, mode: str, after: bool
) -> None:
    tags = {"0.png": "of 2", "1.png": "of 0", "2.png": "of 1", "renamed.png": "of 3"}
    skipped = mode == "skip"
    expected = Counts(
        indexed=0 if skipped else 2, unchanged=5, duplicates=2 if skipped else 0, moved=4
    )
    loaded = Loaded(library)
    killer, number = Killer(monkeypatch, after=after), 0
    while True:
        number += 1
        killer.left = -1
        loaded.arrange()
        job = library.scanned(on_duplicate=mode)
        killer.left = number
        survived = library.work_until_killed(job)
        assert library.work_until_killed(job)
        contents = library.contents()
        if skipped:
            del contents["copy.png"], contents["5.png"]
        assert library.indexed_contents() == contents, number
        assert counts(library.jobs.get(job)) == expected, number
        assert {name: library.tags()[name] for name in tags} == {
            name: (tag,) for name, tag in tags.items()
        }, number
        if survived:
            break
    assert number > 8
