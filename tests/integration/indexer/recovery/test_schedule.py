"""Standing sources are loaded when they are due, exactly once, whoever looks."""

import threading
import time

import pytest

from indexer.recovery.schedule import Schedule
from shared.domain.job import DirectorySource, Job
from shared.domain.standing import StandingSource
from shared.errors import Conflict, NotFound
from shared.ledger import StandingSources
from shared.ledger.standing_sources import MAX_SOURCES
from tests.integration.indexer.loads import Loads

PAST = 1_700_000_000.0


@pytest.fixture
def sources(loads: Loads) -> StandingSources:
    return StandingSources(loads.redis)


def standing(loads: Loads, **fields: object) -> StandingSource:
    given = {
        "id": "a" * 32,
        "collection": loads.collection,
        "generation": "g1",
        "source": DirectorySource(path=str(loads.root)),
        "cron": "0 3 * * *",
        "created_at": PAST,
        **fields,
    }
    return StandingSource.model_validate(given)


def all_jobs(loads: Loads) -> list[Job]:
    return list(loads.jobs.list(loads.collection, None, None, 100)[0])


def run(loads: Loads) -> None:
    Schedule(loads.indexer().stores).run_once()


def test_no_job_is_noted_for_a_source_that_is_gone(loads: Loads, sources: StandingSources) -> None:
    source = standing(loads)
    sources.add(source, None)
    sources.note_job(source, "first")
    assert sources.last_job(source) == "first"
    sources.remove(loads.collection, source.id)
    sources.note_job(source, "second")
    assert sources.last_job(source) is None


def test_a_due_source_is_loaded_once_by_many_indexers(
    loads: Loads, sources: StandingSources
) -> None:
    source = standing(loads, on_duplicate="skip", sync=True)
    sources.add(source, PAST)
    schedules = [Schedule(loads.indexer().stores) for _ in range(6)]
    threads = [threading.Thread(target=schedule.run_once) for schedule in schedules]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (job,) = all_jobs(loads)
    assert (job.spec.source, job.spec.generation) == (source.source, "g1")
    assert (job.spec.on_duplicate, job.spec.sync) == ("skip", True)
    state = sources.get(loads.collection, "g1", source.id)
    assert state.last_job == job.spec.id
    assert state.next_run is not None
    assert state.next_run > time.time()
    run(loads)
    assert len(all_jobs(loads)) == 1


def test_one_who_dies_before_noting_a_run_is_followed_by_another(
    loads: Loads, sources: StandingSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources.add(standing(loads), PAST)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(StandingSources, "note_job", die)
        with pytest.raises(KeyboardInterrupt):
            run(loads)
    run(loads)

    (job,) = all_jobs(loads)
    assert sources.last_job(standing(loads)) == job.spec.id


def test_a_source_that_is_still_loaded_is_left_out(loads: Loads, sources: StandingSources) -> None:
    source = standing(loads)
    sources.add(source, PAST)
    run(loads)
    (first,) = all_jobs(loads)
    sources.replace(source, PAST + 60)
    run(loads)
    assert len(all_jobs(loads)) == 1
    loads.jobs.cancel(first.spec.id)
    sources.replace(source, PAST + 120)
    run(loads)
    assert len(all_jobs(loads)) == 2


def test_what_is_paused_not_due_or_gone_is_not_loaded(
    loads: Loads, sources: StandingSources
) -> None:
    sources.add(standing(loads, id="1" * 32, paused=True), PAST)
    sources.add(standing(loads, id="2" * 32), time.time() + 3600)
    sources.add(standing(loads, id="3" * 32, cron=None), None)
    sources.add(standing(loads, id="4" * 32), PAST)
    sources.remove(loads.collection, "4" * 32)
    run(loads)

    assert all_jobs(loads) == []


def test_sources_are_kept_with_their_collection(loads: Loads, sources: StandingSources) -> None:
    old, new = standing(loads), standing(loads, id="b" * 32, generation="g2")
    sources.add(old, PAST)
    sources.add(new, PAST)
    with pytest.raises(NotFound):
        sources.get(loads.collection, "g2", old.id)
    sources.forget_collection(loads.collection, "g1")

    assert [state.source for state in sources.list(loads.collection, "g2")] == [new]
    assert sources.list(loads.collection, "g1") == []
    assert [source for source, _ in sources.due(PAST)] == [new]
    with pytest.raises(NotFound):
        sources.replace(old, None)


def test_a_collection_has_so_many(loads: Loads, sources: StandingSources) -> None:
    for n in range(MAX_SOURCES):
        sources.add(standing(loads, id=f"{n:032x}"), None)
    with pytest.raises(Conflict):
        sources.add(standing(loads), None)
    sources.replace(standing(loads, id=f"{1:032x}", sync=True), None)
