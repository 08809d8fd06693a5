"""Jobs in the ledger: state transitions, lists, failures and events."""

from typing import Any

import pytest

from shared.domain.chunk import ChunkOutcome, FileRef
from shared.domain.job import JobError
from shared.errors import NotFound
from shared.ledger import JobEnded
from tests.chunks import add_chunk
from tests.integration.shared.ledger.ledger import FILES, Ledger, failure


def test_a_job_goes_from_queued_to_done(ledger: Ledger) -> None:
    job = ledger.create()
    seen = [ledger.jobs.get(job).status]
    ledger.scans.begin(job)
    seen.append(ledger.jobs.get(job).status)
    chunk, pending = add_chunk(ledger.scans, job, 1, FILES)
    ledger.scans.record(job, 1, unchanged=5, ignored=2)
    ledger.scans.finish(job, 1)
    seen.append(ledger.jobs.get(job).status)
    ledger.chunks.claim(job, chunk, "token")
    ledger.chunks.complete(
        job, chunk, ChunkOutcome(indexed=2, duplicates=1, failures=(failure(FILES[0]),), bytes=30)
    )
    ended = ledger.jobs.get(job)

    assert seen == ["queued", "scanning", "running"]
    assert pending == 1
    assert ended.status == "done"
    assert (ended.indexed, ended.unchanged, ended.duplicates, ended.failed) == (2, 5, 1, 1)
    assert ended.done == ended.total == 9
    assert ended.ignored == 2
    assert ended.bytes == 30
    assert ended.finished_at is not None
    assert ledger.jobs.count_active() == 0


def test_pause_hands_out_nothing_and_resume_all_of_it(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()

    assert ledger.jobs.pause(job).status == "paused"
    assert ledger.jobs.pause(job).status == "paused"
    assert ledger.chunks.claim(job, chunk, "token") is None
    assert ledger.recovery.recover_job(job, 0, queue_empty=True) == (False, [])

    assert ledger.jobs.resume(job).status == "running"
    assert ledger.recovery.recover_job(job, 30, queue_empty=False) == (False, [chunk])
    assert ledger.chunks.claim(job, chunk, "token") is not None


def test_cancel_ends_the_job_and_lets_chunks_go(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.scans.begin(job)
    held, _ = add_chunk(ledger.scans, job, 1, FILES[:2])
    waiting, _ = add_chunk(ledger.scans, job, 1, FILES[2:])
    ledger.chunks.claim(job, held, "token")

    assert ledger.jobs.cancel(job).status == "cancelled"
    assert ledger.jobs.cancel(job).status == "cancelled"

    assert ledger.chunks.claim(job, waiting, "token") is None
    assert ledger.jobs.status(job) == "cancelled"
    with pytest.raises(JobEnded):
        add_chunk(ledger.scans, job, 1, FILES)
    # What was already written when the cancel came is still counted.
    assert ledger.chunks.complete(job, held, ChunkOutcome(indexed=2))
    assert ledger.jobs.get(job).indexed == 2
    assert ledger.jobs.get(job).status == "cancelled"


def test_a_failed_job_says_why(ledger: Ledger) -> None:
    job = ledger.create()

    ledger.jobs.fail(job, JobError(code="source_missing", detail="The folder is gone."))

    found = ledger.jobs.get(job)
    assert found.status == "failed"
    assert found.error == JobError(code="source_missing", detail="The folder is gone.")


def test_jobs_are_listed_newest_first_by_page_and_filter(ledger: Ledger) -> None:
    shoes = [ledger.create("shoes") for _ in range(3)]
    hats = [ledger.create("hats") for _ in range(2)]
    ledger.jobs.cancel(shoes[0])

    def ids(*args: Any) -> list[str]:
        return [job.spec.id for job in ledger.jobs.list(*args)[0]]

    assert ids(None, None, None, 10) == [*reversed(hats), *reversed(shoes)]
    assert ids("shoes", None, None, 10) == list(reversed(shoes))
    assert ids(None, "cancelled", None, 10) == [shoes[0]]
    page, cursor = ledger.jobs.list(None, None, None, 2)
    rest, end = ledger.jobs.list(None, None, cursor, 10)
    assert [job.spec.id for job in [*page, *rest]] == [*reversed(hats), *reversed(shoes)]
    assert end is None
    assert ledger.jobs.newest_of_directory() == ledger.jobs.get(hats[1])


def test_an_unknown_job_is_not_found(ledger: Ledger) -> None:
    with pytest.raises(NotFound) as caught:
        ledger.jobs.get("0" * 32)

    assert caught.value.code == "job_not_found"


def test_failures_come_by_page(ledger: Ledger) -> None:
    files = [FileRef(uri=f"file:///p/{i}", size=1, mtime_ns=1) for i in range(25)]
    job, chunk = ledger.scanned(files)
    ledger.chunks.claim(job, chunk, "token")
    ledger.chunks.complete(job, chunk, ChunkOutcome(failures=tuple(map(failure, files))))

    seen, cursor = [], None
    while True:
        page, cursor = ledger.jobs.failures(job, cursor, 10)
        seen += [f.uri for f in page]
        if cursor is None:
            break

    assert seen == [file.uri for file in files]


def test_failures_are_read_on_from_where_a_reader_was(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    ledger.chunks.claim(job, chunk, "token")
    before = ledger.events.last_id(job)
    outcome = ChunkOutcome(indexed=2, failures=(failure(FILES[0]), failure(FILES[1])))

    assert ledger.jobs.failures_from(job, 0, 10) == []
    ledger.chunks.complete(job, chunk, outcome)

    assert ledger.events.last_id(job) != before
    assert ledger.jobs.failures_from(job, 0, 10) == list(outcome.failures)
    assert ledger.jobs.failures_from(job, 0, 1) == [outcome.failures[0]]
    assert ledger.jobs.failures_from(job, 1, 10) == [outcome.failures[1]]
    assert ledger.jobs.failures_from(job, 2, 10) == []


def test_forgetting_a_collection_forgets_its_jobs(ledger: Ledger) -> None:
    job, other = ledger.create("shoes"), ledger.create("hats")

    ledger.jobs.forget_collection("shoes")

    with pytest.raises(NotFound):
        ledger.jobs.get(job)
    assert [j.spec.id for j in ledger.jobs.list(None, None, None, 10)[0]] == [other]
    assert list(ledger.jobs.active()) == [other]


def test_silent_workers_are_forgotten(ledger: Ledger) -> None:
    assert {w.id for w in ledger.workers.list_alive()} == {"indexer-1", "worker-1"}

    ledger.workers.deregister("worker-1")

    assert {w.id for w in ledger.workers.list_alive()} == {"indexer-1"}
