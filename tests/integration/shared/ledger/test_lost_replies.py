"""Connections that break after Redis has done what it was asked: each call counts once."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from redis.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError

from shared.domain.chunk import ChunkOutcome
from shared.domain.job import JobSpec, UploadSource
from shared.ledger import Scans
from tests.integration.shared.ledger.ledger import FILES, Ledger, failure


@contextmanager
def reply_lost(number: int) -> Iterator[list[int]]:
    """Lose the reply with this number, counted from 0; yields a list as long as there were some."""
    read, seen = AbstractConnection.read_response, list[int]()

    def lossy(self: Any, *args: Any, **options: Any) -> Any:
        reply = read(self, *args, **options)
        seen.append(len(seen))
        if len(seen) == number + 1:
            self.disconnect()
            raise RedisConnectionError("the connection broke after the commit")
        return reply

    with patch.object(AbstractConnection, "read_response", lossy):
        yield seen


def each_reply_lost(ledger: Ledger, call: Callable[[], object], check: Callable[[], None]) -> None:
    """Do `call` on an empty ledger until each of its replies was lost once."""
    for number in itertools.count():
        ledger.redis.flushdb()
        ledger.heartbeat("indexer-1", "scan")
        ledger.heartbeat("worker-1", "encode")
        with reply_lost(number) as seen:
            call()
        check()
        if len(seen) <= number:
            assert number > 1
            return


def test_an_uploads_job_is_created_once_with_all_of_its_files(ledger: Ledger) -> None:
    files = [ref.model_copy(update={"uri": f"upload://{n}"}) for n in range(3) for ref in FILES]
    source = UploadSource(files=len(files))
    spec = JobSpec(id="one", collection="shoes", source=source, created_at=1)

    def check() -> None:
        assert [job.spec for job in ledger.jobs.list("shoes", None, None, 10)[0]] == [spec]
        assert ledger.scans.files("one") == files
        assert ledger.jobs.count_active() == 1

    with patch("shared.ledger.jobs._PUSH_BATCH", 5):
        each_reply_lost(ledger, lambda: ledger.jobs.create(spec, files), check)


def test_a_whole_load_counts_each_file_once(ledger: Ledger) -> None:
    jobs: list[str] = []

    def load() -> None:
        job = ledger.create()
        jobs.append(job)
        start = ledger.scans.begin(job)
        assert start is not None
        generation = start.generation
        ledger.scans.record(job, generation, unchanged=5, ignored=2)
        ledger.scans.add_chunks(job, generation, {"a": FILES[:2], "b": FILES[2:3]})
        ledger.scans.fail(job, generation, [failure(FILES[3])])
        ledger.scans.finish(job, generation)
        given = ledger.chunks.claim(job, "a")
        assert given is not None
        ledger.chunks.release(job, "a", given.token)
        for chunk, files in (("a", 2), ("b", 1)):
            claim = ledger.chunks.claim(job, chunk)
            assert claim is not None
            assert claim.attempt == 1
            ledger.chunks.complete(job, chunk, ChunkOutcome(indexed=files))

    def check() -> None:
        job = ledger.jobs.get(jobs[-1])
        assert (job.status, job.total, job.ignored) == ("done", 9, 2)
        assert (job.indexed, job.unchanged, job.failed) == (3, 5, 1)

    each_reply_lost(ledger, load, check)


def test_a_removal_is_counted_once(ledger: Ledger) -> None:
    jobs: list[str] = []

    def remove() -> None:
        job = ledger.create()
        jobs.append(job)
        start = Scans(ledger.redis, "indexer-1").begin(job)
        assert start is not None
        ledger.scans.begin_removal(job, start.generation, ["a", "b"])
        ledger.scans.end_removal(job, start.generation, 2)

    each_reply_lost(ledger, remove, lambda: _assert_removed(ledger, jobs[-1]))


def _assert_removed(ledger: Ledger, job: str) -> None:
    assert ledger.jobs.get(job).removed == 2
