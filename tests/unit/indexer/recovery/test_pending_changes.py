"""Changes wait for their source, and for it alone."""

from pathlib import Path

import pytest

from indexer.recovery import pending_changes
from indexer.recovery.pending_changes import PendingChanges
from shared.domain.job import DirectorySource


@pytest.fixture
def source(root: Path) -> DirectorySource:
    (root / "a").mkdir()
    return DirectorySource(path=str(root))


def test_changes_wait_until_they_are_settled(source: DirectorySource, root: Path) -> None:
    pending = PendingChanges()
    pending.add("one", [str(root / "a" / "1.jpg")])
    assert pending.folder("one", source) == str(root / "a")
    pending.add("one", [str(root / "2.jpg")])
    assert pending.folder("one", source) == str(root)
    assert pending.folder("another", source) is None
    pending.settle("one")
    assert pending.folder("one", source) is None


def test_what_concerns_no_source_does_not_wait(source: DirectorySource, root: Path) -> None:
    pending = PendingChanges()
    pending.add("one", [str(root / ".hidden.jpg")])
    assert pending.folder("one", source) is None
    pending.add("one", [str(root / "a" / "1.jpg")])
    assert pending.folder("one", source) == str(root / "a")


def test_a_source_whose_changes_nobody_knows_is_loaded_whole(
    source: DirectorySource, root: Path
) -> None:
    pending = PendingChanges()
    pending.add_whole(["one"])
    pending.add("one", [str(root / "a" / "1.jpg")])
    assert pending.folder("one", source) == str(root)
    pending.settle("one")
    assert pending.folder("one", source) is None


def test_very_many_changes_are_those_of_the_whole_source(
    source: DirectorySource, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending_changes, "MAX_PATHS", 3)
    pending = PendingChanges()
    pending.add("one", [str(root / "a" / f"{n}.jpg") for n in range(4)])
    assert pending.folder("one", source) == str(root)


def test_changes_of_sources_that_are_watched_no_longer_are_forgotten(
    source: DirectorySource, root: Path
) -> None:
    pending = PendingChanges()
    pending.add("one", [str(root / "a" / "1.jpg")])
    pending.add("two", [str(root / "a" / "1.jpg")])
    pending.add_whole(["three"])
    pending.keep_only({"two"})
    assert pending.folder("one", source) is None
    assert pending.folder("three", source) is None
    assert pending.folder("two", source) == str(root / "a")
