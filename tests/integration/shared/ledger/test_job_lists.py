"""Lists of jobs: every job once, and Redis asked only for what a page shows."""

import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from shared import cursors
from shared.domain.job import DirectorySource, Job, JobSpec, JobStatus
from shared.errors import InvalidRequest
from shared.ledger import jobs as jobs_module
from shared.ledger import keys
from shared.ledger.job_records import to_job
from tests.integration.shared.ledger.ledger import Ledger


def _create(ledger: Ledger, count: int, created_at: float = 1.5) -> list[str]:
    """Jobs of one moment."""
    specs = [
        JobSpec(
            id=uuid.uuid4().hex,
            collection="shoes",
            source=DirectorySource(path="/p"),
            created_at=created_at,
        )
        for _ in range(count)
    ]
    for spec in specs:
        ledger.jobs.create(spec)
    return [spec.id for spec in specs]


def _pages(
    ledger: Ledger, limit: int, status: JobStatus | None = None, forget: Sequence[str] = ()
) -> list[str]:
    """The ids on all pages; the jobs `forget` expire after the first page."""
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page, cursor = ledger.jobs.list("shoes", status, cursor, limit)
        assert len(page) <= limit
        seen += [job.spec.id for job in page]
        if cursor is None:
            return seen
        for job in forget:
            ledger.redis.delete(keys.job(job))


def test_jobs_of_one_moment_are_each_listed_once(ledger: Ledger) -> None:
    jobs = _create(ledger, 7)

    assert sorted(_pages(ledger, 2)) == sorted(jobs)


def test_the_last_page_has_no_cursor(ledger: Ledger) -> None:
    _create(ledger, 4)

    page, cursor = ledger.jobs.list("shoes", None, None, 4)

    assert (len(page), cursor) == (4, None)


def test_one_job_is_all_that_is_read_for_a_page_of_one(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    _create(ledger, 50)
    parsed: list[Job | None] = []

    def count(*args: Any) -> Job | None:
        parsed.append(to_job(*args))
        return parsed[-1]

    monkeypatch.setattr("shared.ledger.jobs.to_job", count)

    page, _ = ledger.jobs.list("shoes", None, None, 1)
    newest = ledger.jobs.newest_of_directory()

    assert [*page, newest] == parsed


def test_jobs_by_status_are_found_behind_many_others(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "_FIND_BATCH", 3)
    paused = _create(ledger, 2, created_at=1)
    _create(ledger, 20, created_at=2)
    for job in paused:
        ledger.jobs.pause(job)

    assert sorted(_pages(ledger, 1, "paused")) == sorted(paused)
    assert _pages(ledger, 1, "failed") == []
    assert len(_pages(ledger, 4, "queued")) == 20


def test_expired_jobs_are_passed_over_and_leave_the_index(ledger: Ledger) -> None:
    kept = _create(ledger, 3, created_at=2)
    expired = _create(ledger, 4, created_at=1)

    # The page before has named one of them in its cursor.
    assert _pages(ledger, 4, forget=expired)[:3] == sorted(kept, reverse=True)

    for collection, index in ((None, keys.JOBS), ("shoes", keys.collection_jobs("shoes"))):
        ledger.jobs.list(collection, None, None, 10)
        assert {member.decode() for member in ledger.redis.zrange(index, 0, -1)} == set(kept)


def test_an_index_that_nobody_lists_does_not_outgrow_its_jobs(ledger: Ledger) -> None:
    for job in _create(ledger, 10, created_at=1):
        ledger.redis.delete(keys.job(job))

    kept = _create(ledger, 6, created_at=2)

    for index in (keys.JOBS, keys.collection_jobs("shoes")):
        assert {member.decode() for member in ledger.redis.zrange(index, 0, -1)} == set(kept)


@pytest.mark.parametrize("place", [("", 1.0), ("ü", 1.0), ("a", float("inf")), ("a", "1"), ("a",)])
def test_a_cursor_of_another_list_is_refused(ledger: Ledger, place: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        ledger.jobs.list(None, None, cursors.encode(*place), 10)


def test_unfinished_jobs_of_a_collection(ledger: Ledger) -> None:
    ended, left = _create(ledger, 2)
    ledger.jobs.cancel(ended)
    ledger.create("hats")

    assert [job.spec.id for job in ledger.jobs.active_in("shoes")] == [left]
