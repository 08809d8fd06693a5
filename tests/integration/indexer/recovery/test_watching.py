"""Directories that are watched are loaded when something was written there."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import watchfiles

from indexer.recovery import watching
from indexer.recovery.watching import Watching
from shared.domain.job import DirectorySource, Job
from shared.domain.standing import StandingSource
from shared.ledger import StandingSources
from tests.integration.indexer.loads import Loads
from tests.services import wait_until


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """All waits are short."""
    milliseconds = {"_DEBOUNCE": 200.0, "_STEP": 50.0, "_POLL": 100.0, "_WAIT": 100.0}
    for name, value in (milliseconds | {"_REST_SECONDS": 0.05, "_REFRESH_SECONDS": 0.2}).items():
        monkeypatch.setattr(watching, name, int(value) if name in milliseconds else value)


@pytest.fixture
def folder(loads: Loads) -> Path:
    folder = loads.root / "album"
    folder.mkdir()
    return folder


@pytest.fixture
def standing(loads: Loads) -> StandingSource:
    return StandingSource(
        id=uuid.uuid4().hex,
        collection=loads.collection,
        generation="g1",
        source=DirectorySource(path=str(loads.root)),
        watch=True,
        created_at=1.0,
    )


@pytest.fixture
def watcher(loads: Loads, standing: StandingSource) -> Iterator[Watching]:
    """One that watches; it is started by the test."""
    StandingSources(loads.redis).add(standing, None)
    indexer = loads.indexer()
    watcher = Watching(indexer.stores, indexer.id)
    yield watcher
    watcher.stop()


def all_jobs(loads: Loads) -> list[Job]:
    return list(loads.jobs.list(loads.collection, None, None, 100)[0])


def folders(loads: Loads) -> list[str]:
    sources = [job.spec.source for job in all_jobs(loads)]
    return [source.path for source in sources if isinstance(source, DirectorySource)]


def first_load(loads: Loads) -> Job:
    """The load of the whole source with which its watch begins."""
    wait_until(lambda: bool(all_jobs(loads)), 20, "a load of the source")
    (job,) = all_jobs(loads)
    assert folders(loads) == [str(loads.root)]
    return job


def second_load(loads: Loads) -> set[str]:
    """End the first load; what was written meanwhile is loaded by one more. All their folders."""
    first = first_load(loads)
    loads.put("album/a.jpg", "album/b.jpg")
    loads.jobs.cancel(first.spec.id)
    wait_until(lambda: len(all_jobs(loads)) == 2, 20, "a load of what came meanwhile")
    return set(folders(loads))


def test_a_burst_is_one_load_of_its_folder(
    loads: Loads, folder: Path, watcher: Watching, standing: StandingSource
) -> None:
    watcher.start()
    first = first_load(loads).spec.id
    sources = StandingSources(loads.redis)
    wait_until(lambda: sources.last_job(standing) == first, 20, "the job is noted")
    assert second_load(loads) == {str(loads.root), str(folder)}


def test_one_indexer_watches(loads: Loads, folder: Path, watcher: Watching) -> None:
    others = [Watching(indexer.stores, indexer.id) for indexer in (loads.indexer(),)]
    try:
        for each in (watcher, *others):
            each.start()
        assert second_load(loads) == {str(loads.root), str(folder)}
    finally:
        for each in others:
            each.stop()


def test_one_that_stops_lets_another_watch_at_once(loads: Loads, watcher: Watching) -> None:
    sources = StandingSources(loads.redis)
    watcher.start()
    first_load(loads)
    assert not sources.may_watch("another", 15)
    watcher.stop()
    assert sources.may_watch("another", 15)
    watcher.stop()
    assert sources.may_watch("another", 15)


def test_more_folders_than_the_system_watches_are_looked_through(
    loads: Loads, folder: Path, watcher: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, refused = watchfiles.watch, list[tuple[str, ...]]()

    def limited(*paths: str, force_polling: bool, **options: Any) -> Iterator[Any]:
        if not force_polling:
            refused.append(paths)
            raise OSError("OS file watch limit reached.")
        return real(*paths, force_polling=True, **options)

    monkeypatch.setattr(watching, "watch", limited)
    watcher.start()
    # The folder's own time may be seen to change, too, which concerns the one that it is in.
    assert second_load(loads) - {str(folder)} == {str(loads.root)}
    assert refused == [(str(loads.root),)]


def test_one_that_is_paused_is_not_watched(
    loads: Loads, folder: Path, watcher: Watching, standing: StandingSource
) -> None:
    sources = StandingSources(loads.redis)
    sources.replace(standing.model_copy(update={"paused": True}), None)
    assert sources.watched() == []
    sources.replace(standing, None)
    assert sources.watched() == [standing]
