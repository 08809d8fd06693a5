"""The ledger counts each file once, whatever is killed, repeated or comes too late."""

import time
import uuid
from typing import Any

import pytest

from shared.errors import NotFound
from shared.ledger import Chunks, Events, Jobs, ScanEnded, Scans, ScanSuperseded, Workers
from shared.messages import (
    ChunkOutcome,
    DirectorySource,
    Failure,
    FileRef,
    JobError,
    JobSpec,
    WorkerInfo,
)
from shared.redis_client import RedisClient
from shared.settings import Settings

FILES = [FileRef(uri=f"file:///p/{i}.jpg", size=10, mtime_ns=1) for i in range(4)]


class Ledger:
    """The ledger of one test, with one indexer and one worker in it."""

    def __init__(self, redis: RedisClient, settings: Settings) -> None:
        self.redis = redis
        self.jobs = Jobs(redis, settings)
        self.workers = Workers(redis, settings)
        self.events = Events(redis)
        self.scans = self.indexer("indexer-1")
        self.chunks = self.worker("worker-1")

    def indexer(self, name: str) -> Scans:
        self.say_alive(name, "scan")
        return Scans(self.redis, name)

    def worker(self, name: str) -> Chunks:
        self.say_alive(name, "encode")
        return Chunks(self.redis, name)

    def say_alive(self, name: str, queue: str) -> None:
        self.workers.say_alive(WorkerInfo(id=name, name=name, queue=queue, started_at=time.time()))

    def create(self, collection: str = "shoes", **options: Any) -> str:
        spec = JobSpec(
            id=uuid.uuid4().hex,
            collection=collection,
            source=DirectorySource(path="/p"),
            created_at=time.time(),
            **options,
        )
        self.jobs.create(spec)
        return spec.id

    def scanned(self, files: list[FileRef] = FILES) -> tuple[str, str]:
        """A job whose scan is over, and its one chunk."""
        job = self.create()
        self.scans.begin(job)
        chunk, _ = self.scans.add_chunk(job, 1, files)
        self.scans.finish(job, 1)
        return job, chunk


@pytest.fixture
def ledger(redis: RedisClient, settings: Settings) -> Ledger:
    return Ledger(redis, settings)


def failure(file: FileRef) -> Failure:
    return Failure(uri=file.uri, code="truncated", reason="It ends too early.")


def test_a_job_goes_from_queued_to_done(ledger: Ledger) -> None:
    job = ledger.create()
    seen = [ledger.jobs.get(job).status]
    ledger.scans.begin(job)
    seen.append(ledger.jobs.get(job).status)
    chunk, pending = ledger.scans.add_chunk(job, 1, FILES)
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


def test_a_chunk_reported_twice_counts_once(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    ledger.chunks.claim(job, chunk, "token")
    outcome = ChunkOutcome(indexed=3, failures=(failure(FILES[3]),))

    assert ledger.chunks.complete(job, chunk, outcome)
    assert not ledger.chunks.complete(job, chunk, outcome)

    assert ledger.jobs.get(job).done == 4
    assert len(ledger.jobs.failures(job, None, 10)[0]) == 1


def test_the_job_ends_only_after_scan_and_last_chunk(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.scans.begin(job)
    chunk, _ = ledger.scans.add_chunk(job, 1, FILES)
    ledger.chunks.claim(job, chunk, "token")
    ledger.chunks.complete(job, chunk, ChunkOutcome(indexed=4))

    assert ledger.jobs.get(job).status == "scanning"
    ledger.scans.finish(job, 1)
    assert ledger.jobs.get(job).status == "done"


def test_an_empty_source_is_done_at_once(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.scans.begin(job)
    ledger.scans.finish(job, 1)

    assert ledger.jobs.get(job).status == "done"
    assert ledger.jobs.get(job).total == 0


def test_a_chunk_is_one_living_workers(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    other = ledger.worker("worker-2")

    first = ledger.chunks.claim(job, chunk, "token")

    assert first is not None
    assert first.attempt == 1
    assert first.files == tuple(FILES)
    assert other.claim(job, chunk, "token") is None
    assert ledger.chunks.claim(job, chunk, "another token") is None


def test_a_claim_whose_answer_was_lost_is_answered_again(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    first = ledger.chunks.claim(job, chunk, "token")

    assert ledger.chunks.claim(job, chunk, "token") == first


def test_a_dead_workers_chunk_is_sent_again(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    ledger.chunks.claim(job, chunk, "token")
    other = ledger.worker("worker-2")
    assert ledger.scans.tend(job, 30, queue_empty=True) == (False, [])

    ledger.workers.say_goodbye("worker-1")

    assert ledger.scans.tend(job, 30, queue_empty=False) == (False, [chunk])
    again = other.claim(job, chunk, "token")
    assert again is not None
    assert again.attempt == 2


def test_a_late_report_of_the_first_worker_counts_once(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    ledger.chunks.claim(job, chunk, "token")
    other = ledger.worker("worker-2")
    ledger.workers.say_goodbye("worker-1")
    other.claim(job, chunk, "token")

    assert ledger.chunks.complete(job, chunk, ChunkOutcome(indexed=4))
    assert not other.complete(job, chunk, ChunkOutcome(indexed=4))

    assert ledger.jobs.get(job).indexed == 4


def test_a_lost_message_is_sent_again_when_the_queue_is_empty(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()

    assert ledger.scans.tend(job, 30, queue_empty=True) == (False, [])
    assert ledger.scans.tend(job, 0, queue_empty=False) == (False, [])
    assert ledger.scans.tend(job, 0, queue_empty=True) == (False, [chunk])


def test_a_dead_indexers_scan_is_sent_again(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.scans.begin(job)
    other = ledger.indexer("indexer-2")
    assert other.begin(job) is None
    assert other.tend(job, 30, queue_empty=True) == (False, [])

    ledger.workers.say_goodbye("indexer-1")

    assert other.tend(job, 30, queue_empty=True) == (True, [])
    start = other.begin(job)
    assert start is not None
    assert start.again


def test_a_scan_begun_again_counts_anew_and_shuts_the_old_one_out(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.scans.begin(job)
    ledger.scans.record(job, 1, unchanged=7, ignored=3)
    ledger.scans.add_chunk(job, 1, FILES[:2])
    other = ledger.indexer("indexer-2")
    ledger.workers.say_goodbye("indexer-1")

    start = other.begin(job)

    assert start is not None
    assert start.pending_ids == {file.id for file in FILES[:2]}
    with pytest.raises(ScanSuperseded):
        ledger.scans.add_chunk(job, 1, FILES[2:])
    with pytest.raises(ScanSuperseded):
        ledger.scans.record(job, 1, unchanged=1, ignored=0)
    with pytest.raises(ScanSuperseded):
        ledger.scans.finish(job, 1)
    found = ledger.jobs.get(job)
    assert (found.total, found.unchanged, found.ignored) == (2, 0, 0)


def test_failures_and_duplicates_are_remembered_for_a_second_scan(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.scans.begin(job)
    chunk, _ = ledger.scans.add_chunk(job, 1, FILES[:3])
    ledger.chunks.claim(job, chunk, "token")
    outcome = ChunkOutcome(
        indexed=1, duplicates=1, failures=(failure(FILES[0]),), duplicate_ids=(FILES[1].id,)
    )
    ledger.chunks.complete(job, chunk, outcome)

    known = ledger.scans.accounted(job, [file.id for file in FILES])

    assert list(known) == [True, True, False, False]


def test_removed_rows_count_once_over_a_restart(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.scans.begin(job)
    ledger.scans.begin_removal(job, 1, ["a", "b"])
    assert ledger.scans.removal_begun(job) == ["a", "b"]

    ledger.scans.end_removal(job, 1, 2)
    ledger.scans.end_removal(job, 1, 2)

    assert ledger.jobs.get(job).removed == 2
    assert ledger.scans.removal_begun(job) == []


def test_pause_hands_out_nothing_and_resume_all_of_it(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()

    assert ledger.jobs.pause(job).status == "paused"
    assert ledger.jobs.pause(job).status == "paused"
    assert ledger.chunks.claim(job, chunk, "token") is None
    assert ledger.scans.tend(job, 0, queue_empty=True) == (False, [])

    assert ledger.jobs.resume(job).status == "running"
    assert ledger.scans.tend(job, 30, queue_empty=False) == (False, [chunk])
    assert ledger.chunks.claim(job, chunk, "token") is not None


def test_a_released_chunk_is_handed_out_again(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    ledger.chunks.claim(job, chunk, "token")

    ledger.chunks.release(job, chunk)

    assert ledger.scans.tend(job, 30, queue_empty=False) == (False, [chunk])
    again = ledger.chunks.claim(job, chunk, "token")
    assert again is not None
    assert again.attempt == 1


def test_cancel_ends_the_job_and_lets_chunks_go(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.scans.begin(job)
    held, _ = ledger.scans.add_chunk(job, 1, FILES[:2])
    waiting, _ = ledger.scans.add_chunk(job, 1, FILES[2:])
    ledger.chunks.claim(job, held, "token")

    assert ledger.jobs.cancel(job).status == "cancelled"
    assert ledger.jobs.cancel(job).status == "cancelled"

    assert ledger.chunks.claim(job, waiting, "token") is None
    assert ledger.chunks.status(job) == "cancelled"
    with pytest.raises(ScanEnded):
        ledger.scans.add_chunk(job, 1, FILES)
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
    assert ledger.jobs.newest() == ledger.jobs.get(hats[1])


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


def test_events_tell_the_story_in_order(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    ledger.chunks.claim(job, chunk, "token")
    before = ledger.events.last_id(job)
    ledger.chunks.complete(job, chunk, ChunkOutcome(indexed=3, failures=(failure(FILES[0]),)))

    events = ledger.events.after(job, before)

    assert [event.kind for event in events] == ["failure", "progress", "end"]
    assert Failure.model_validate_json(events[0].data).uri == FILES[0].uri
    assert ledger.events.after(job, events[-1].id) == []


def test_equal_contents_have_one_owner(ledger: Ledger) -> None:
    first = ledger.chunks.claim_contents("shoes", [("aa", "1"), ("bb", "2"), ("aa", "3")])
    second = ledger.chunks.claim_contents("shoes", [("aa", "4"), ("bb", "2")])
    elsewhere = ledger.chunks.claim_contents("hats", [("aa", "4")])

    assert list(first) == ["1", "2", "1"]
    assert list(second) == ["1", "2"]
    assert list(elsewhere) == ["4"]


def test_forgetting_a_collection_forgets_its_jobs(ledger: Ledger) -> None:
    job, other = ledger.create("shoes"), ledger.create("hats")

    ledger.jobs.forget_collection("shoes")

    with pytest.raises(NotFound):
        ledger.jobs.get(job)
    assert [j.spec.id for j in ledger.jobs.list(None, None, None, 10)[0]] == [other]
    assert list(ledger.jobs.active()) == [other]


def test_silent_workers_are_forgotten(ledger: Ledger) -> None:
    assert {w.id for w in ledger.workers.living()} == {"indexer-1", "worker-1"}

    ledger.workers.say_goodbye("worker-1")

    assert {w.id for w in ledger.workers.living()} == {"indexer-1"}
