"""What is watched, what is polled, and what is loaded when sources change meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from indexer.recovery import watching
from indexer.recovery.watching import Watching
from shared.domain.job import DirectorySource, JobSpec
from shared.domain.standing import StandingSource

LIMIT = OSError("OS file watch limit reached.")


class Ledger:
    """Sources and jobs as far as watching needs them."""

    def __init__(self) -> None:
        self.sources: list[StandingSource] = []
        self.started: list[JobSpec] = []
        self.leased = self.loaded = True

    def may_watch(self, *_: object) -> bool:
        return self.leased

    def watched(self) -> list[StandingSource]:
        return list(self.sources)

    def last_job(self, _: StandingSource) -> str:
        return "last"

    def get(self, _: str) -> SimpleNamespace:
        return SimpleNamespace(finished=self.loaded)

    def now(self) -> float:
        return 1.0

    def create(self, spec: JobSpec) -> None:
        self.started.append(spec)

    def note_job(self, *_: object) -> None:
        pass

    def send_scan(self, _: str) -> None:
        pass

    @property
    def folders(self) -> list[str]:
        return [cast("DirectorySource", spec.source).path for spec in self.started]


@pytest.fixture
def ledger(root: Path) -> Ledger:
    ledger = Ledger()
    for name in ("a", "b", "c"):
        (root / name).mkdir()
        source = StandingSource(
            id=name,
            collection="c",
            generation="g",
            source=DirectorySource(path=str(root / name)),
            watch=True,
            created_at=1.0,
        )
        ledger.sources.append(source)
    return ledger


@pytest.fixture
def watcher(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Watching:
    monkeypatch.setattr(watching, "_REFRESH_SECONDS", -1.0)
    monkeypatch.setattr(watching, "mounts", list)
    stores = SimpleNamespace(jobs=ledger, standing_sources=ledger, dispatcher=ledger)
    return Watching(cast("Any", stores), "indexer")


def round_(watcher: Watching, monkeypatch: pytest.MonkeyPatch, *bursts: object) -> None:
    """One watch, told of these bursts; callables among them are called in between."""

    def told(*_: str, **__: object) -> Iterator[set[tuple[int, str]]]:
        for burst in bursts:
            if callable(burst):
                burst()
                yield set()
            else:
                yield {(1, str(burst))}

    monkeypatch.setattr(watching, "watch", told)
    sources = watcher._mine(False)
    watcher._pending[False].keep_only(sources.keys())
    watcher._watch(sources, False)


def test_each_source_is_loaded_whole_once_its_watch_stands(
    watcher: Watching, ledger: Ledger, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    round_(watcher, monkeypatch, root / "a" / "1.jpg")
    assert ledger.folders == [str(root / name) for name in "abc"]


def test_the_end_of_a_watch_loses_no_change_that_waits(
    watcher: Watching, ledger: Ledger, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even while all sources are loaded, a source that was added is seen.

    The system has no watches for both, the old and the new ones, at once.
    """
    added = ledger.sources.pop()
    ledger.loaded = False
    begun: list[tuple[str, ...]] = []

    def told(*paths: str, **_: object) -> Iterator[set[tuple[int, str]]]:
        begun.append(paths)
        if len(begun) > 1:
            raise LIMIT
        yield {(1, str(root / "a" / "1.jpg"))}
        ledger.sources.append(added)
        yield set()
        pytest.fail("the watch went on")

    monkeypatch.setattr(watching, "watch", told)
    watcher._watch(watcher._mine(False), False)
    assert not watcher._mine(True)
    assert not ledger.started
    ledger.loaded = True
    round_(watcher, monkeypatch, root / "c" / "1.jpg")
    assert ledger.folders == [str(root / name) for name in "abc"]


@pytest.mark.parametrize("has_changes", [True, False])
def test_only_a_source_that_was_not_watched_before_is_loaded_whole(
    has_changes: bool,
    watcher: Watching,
    ledger: Ledger,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What comes in the folders of the others while watches change is told by one of them."""
    added, begun = ledger.sources.pop(), list[tuple[str, ...]]()

    def change(name: str) -> set[tuple[int, str]]:
        return {(1, str(root / name / "new.jpg"))} if has_changes else set()

    def told(*paths: str, **_: object) -> Iterator[set[tuple[int, str]]]:
        begun.append(paths)
        if len(begun) == 1:
            yield set()
            ledger.sources.append(added)
            yield set()
            yield change("a")
            pytest.fail("the old watch went on")
        yield change("b")
        yield set()
        ledger.leased = False
        yield set()

    monkeypatch.setattr(watching, "watch", told)
    watcher._watch(watcher._mine(False), False)
    assert [len(paths) for paths in begun] == [2, 3]
    again = ["a", "b", "c"] if has_changes else ["c"]
    assert ledger.folders == [str(root / name) for name in ("a", "b", *again)]


@pytest.mark.parametrize("end", ["paused", "lease lost"])
def test_nothing_is_started_that_is_not_to_be_watched_by_now(
    end: str, watcher: Watching, ledger: Ledger, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.loaded = False

    def change() -> None:
        ledger.loaded = True
        if end == "paused":
            ledger.sources.clear()
        else:
            ledger.leased = False

    round_(watcher, monkeypatch, root / "a" / "1.jpg", change)
    assert not ledger.started


def limited(too_large: str) -> Any:
    def watch(*paths: str, **_: object) -> Iterator[set[Any]]:
        if too_large in paths:
            raise LIMIT
        yield set()

    return watch


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_the_source_that_is_too_large_is_polled_alone(
    name: str, watcher: Watching, ledger: Ledger, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "watch", limited(str(root / name)))
    watcher._watch(watcher._mine(False), False)
    assert watcher._mine(True).keys() == {name}
    assert watcher._mine(False).keys() == {"a", "b", "c"} - {name}
    # One that was paused and is watched again is tried anew.
    kept, ledger.sources = ledger.sources, []
    watcher._mine(False)
    ledger.sources = kept
    assert watcher._mine(False).keys() == {"a", "b", "c"}


@pytest.mark.parametrize("error", [FileNotFoundError("No path was found."), OSError("io")])
def test_other_errors_are_tried_again(
    error: OSError, watcher: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: str, **__: object) -> Iterator[set[Any]]:
        raise error

    monkeypatch.setattr(watching, "watch", failing)
    watcher._watch(watcher._mine(False), False)
    assert not watcher._mine(True)


def test_a_few_files_are_encoded_before_what_waits_of_other_loads(
    watcher: Watching, ledger: Ledger, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "b" / "folder").mkdir()
    bursts = (root / "a" / "1.jpg", root / "a" / "2.jpg", root / "b" / "folder")
    round_(watcher, monkeypatch, *bursts)
    whole, few, many = ledger.started[:3], ledger.started[3], ledger.started[4]
    assert [spec.priority for spec in whole] == [5] * 3
    assert (cast("DirectorySource", few.source).path, few.priority) == (str(root / "a"), 0)
    assert (cast("DirectorySource", many.source).path, many.priority) == (str(root / "b"), 5)
