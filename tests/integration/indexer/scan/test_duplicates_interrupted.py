"""A job that finds duplicates goes on, whatever interrupts it."""

from typing import Any

import pytest

from indexer.scan import context
from shared.domain.duplicates import Dismissal
from shared.domain.image import ImageRow
from shared.domain.job import Job
from shared.ledger import DuplicateTies, keys
from shared.store import Neighbours
from tests.integration.indexer.loads import Loads
from tests.integration.indexer.scan.duplicate_images import (
    SOURCE,
    dismiss,
    expected,
    find,
    found,
)
from tests.orphans import orphans


@pytest.mark.parametrize(
    ("owner", "name", "call", "after"),
    [
        (DuplicateTies, "record", 1, False),
        (DuplicateTies, "record", 3, True),
        (Neighbours, "nearest", 2, True),
        (Neighbours, "vectors_of", 1, False),
        (DuplicateTies, "publish", 1, False),
        (DuplicateTies, "publish", 1, True),
    ],
)
def test_an_indexer_that_is_killed_anywhere_is_followed_by_one_that_goes_on(
    alike: Loads,
    rows: list[ImageRow],
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    name: str,
    call: int,
    after: bool,
) -> None:
    method, calls = getattr(owner, name), 0

    def killed(*args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and not after:
            raise SystemExit
        result = method(*args, **named)
        if calls == call:
            raise SystemExit
        return result

    job, first = alike.job(source=SOURCE), alike.indexer()
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, killed)
        with pytest.raises(SystemExit):
            first.scan(job)
    first.die()
    looked = DuplicateTies(alike.redis).looked(job)
    ended = alike.finish(job, alike.indexer())
    assert (ended.status, ended.total, ended.done) == ("done", len(rows), len(rows))
    assert found(alike, rows) == expected()
    if name == "record":
        # What was looked at is not looked at again.
        assert looked.images == 6 * (call - (not after))
    assert orphans(alike.redis) == []


def test_a_paused_job_gives_its_thread_back_and_goes_on_where_it_was(
    alike: Loads, rows: list[ImageRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "HOLD_SECONDS", 0.1)
    record, looked = DuplicateTies.record, []

    def pause_once(ties: DuplicateTies, job: str, *args: Any) -> None:
        record(ties, job, *args)
        looked.append(ties.looked(job).images)
        if len(looked) == 2:
            alike.jobs.pause(job)

    monkeypatch.setattr(DuplicateTies, "record", pause_once)
    job = alike.job(source=SOURCE)
    alike.indexer().scan(job)
    assert (alike.jobs.status(job), looked) == ("paused", [6, 12])
    alike.jobs.resume(job)
    assert alike.finish(job, alike.indexer()).status == "done"
    assert looked == [6, 12, 18, 24, len(rows)]
    assert found(alike, rows) == expected()


def test_progress_is_counted_against_all_images(
    alike: Loads, rows: list[ImageRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Job] = []
    record = DuplicateTies.record

    def watched(ties: DuplicateTies, job: str, *args: Any) -> None:
        record(ties, job, *args)
        seen.append(alike.jobs.get(job))

    monkeypatch.setattr(DuplicateTies, "record", watched)
    find(alike)
    assert [job.done for job in seen] == [6, 12, 18, 24, len(rows)]
    assert {job.total for job in seen} == {len(rows)}


def test_a_cancelled_job_leaves_the_groups_as_they_were(
    alike: Loads, rows: list[ImageRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    find(alike)
    record = DuplicateTies.record

    def cancel_then(ties: DuplicateTies, job: str, *args: Any) -> None:
        alike.jobs.cancel(job)
        record(ties, job, *args)

    monkeypatch.setattr(DuplicateTies, "record", cancel_then)
    assert find(alike).status == "cancelled"
    assert found(alike, rows) == expected()
    assert orphans(alike.redis) == []


def test_a_lost_write_of_redis_is_found_again(
    alike: Loads, rows: list[ImageRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    record, calls = DuplicateTies.record, 0

    def lost(ties: DuplicateTies, *args: Any) -> None:
        nonlocal calls
        calls += 1
        if calls != 2:
            record(ties, *args)

    monkeypatch.setattr(DuplicateTies, "record", lost)
    assert find(alike).status == "done"
    assert found(alike, rows) == expected()


def test_what_is_dismissed_meanwhile_does_not_come_back_and_costs_no_other_try(
    alike: Loads, rows: list[ImageRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish, left = DuplicateTies.publish, [(0, 1), (0, 2), (1, 2)]

    def dismiss_then(ties: DuplicateTies, *args: Any) -> int:
        if left:
            ids = frozenset(rows[number].id for number in left.pop())
            dismiss(alike, Dismissal("images", ids))
        return publish(ties, *args)

    monkeypatch.setattr(DuplicateTies, "publish", dismiss_then)
    job = find(alike)
    assert (job.status, left) == ("done", [])
    assert alike.redis.hget(keys.job(job.spec.id), "generation") == b"1"
    wanted = expected()
    wanted["identical"], wanted["copy"] = set(), wanted["copy"] - {frozenset({0, 1, 2})}
    assert found(alike, rows) == wanted


def test_a_collection_in_which_all_look_alike_ends_the_job(
    alike: Loads, rows: list[ImageRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    find(alike)
    monkeypatch.setattr("shared.ledger.duplicate_ties.MAX_TIES", 4)
    job = find(alike)
    assert job.error is not None
    assert (job.status, job.error.code) == ("failed", "too_many_ties")
    assert found(alike, rows) == expected()
    assert orphans(alike.redis) == []
