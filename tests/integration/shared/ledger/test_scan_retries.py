"""Repeated ledger calls of a scan, whose first answers were lost, count everything once."""

import pytest

from shared.domain.chunk import FileRef
from shared.domain.image import image_id
from shared.domain.job import DirectorySource, Failure, JobSpec
from shared.domain.worker import WorkerInfo
from shared.ledger import Chunks, JobRecovery, Jobs, Scans, ScanSuperseded, Workers
from shared.redis import RedisClient
from shared.settings import Settings
from tests.chunks import add_chunk

JOB = "j1"
FILES = [FileRef(uri=f"file:///p/{n}.jpg", size=n, mtime_ns=n) for n in range(3)]
FAILURES = [
    Failure(uri=f"file:///p/long{n}", code="path_too_long", reason="Too long.") for n in range(2)
]


@pytest.fixture
def jobs(redis: RedisClient, settings: Settings) -> Jobs:
    jobs = Jobs(redis, settings)
    jobs.create(JobSpec(id=JOB, collection="c", source=DirectorySource(path="/p"), created_at=1))
    info = WorkerInfo(id="indexer", name="indexer", queue="scan", started_at=0)
    Workers(redis, settings).heartbeat(info)
    return jobs


@pytest.fixture
def scans(redis: RedisClient, jobs: Jobs) -> Scans:
    return Scans(redis, "indexer")


def test_a_scan_begun_again_is_still_ours(scans: Scans, redis: RedisClient) -> None:
    first, again = scans.begin(JOB), scans.begin(JOB)
    assert first is not None
    assert again is not None
    assert again.generation > first.generation
    assert JobRecovery(redis, "indexer").owned([JOB]) == [JOB]
    other = Scans(redis, "another indexer")
    assert other.begin(JOB) is None
    assert JobRecovery(redis, "another indexer").owned([JOB]) == []
    with pytest.raises(ScanSuperseded):
        scans.record(JOB, first.generation, unchanged=1, ignored=0)


def test_a_chunk_added_twice_counts_once(scans: Scans, jobs: Jobs, redis: RedisClient) -> None:
    scans.begin(JOB)
    chunk, pending = add_chunk(scans, JOB, 1, FILES, "c1")
    assert (chunk, pending) == ("c1", 1)
    assert add_chunk(scans, JOB, 1, FILES, "c1") == ("c1", 1)
    assert jobs.get(JOB).total == 3
    claim = Chunks(redis, "indexer").claim(JOB, "c1")
    assert claim is not None
    assert add_chunk(scans, JOB, 1, FILES[:1])[1] == 2
    assert jobs.get(JOB).total == 4


def test_chunks_added_together_twice_count_once(scans: Scans, jobs: Jobs) -> None:
    scans.begin(JOB)
    chunks = {"c1": FILES[:2], "c2": FILES[2:]}
    for _ in range(2):
        assert scans.add_chunks(JOB, 1, chunks) == 2
    assert jobs.get(JOB).total == 3
    assert scans.add_chunks(JOB, 1, {"c3": FILES[:1]}) == 3
    with pytest.raises(ScanSuperseded):
        scans.add_chunks(JOB, 7, chunks)
    assert (jobs.get(JOB).total, scans.pending(JOB)) == (4, 3)


def test_counts_recorded_twice_count_once(scans: Scans, jobs: Jobs) -> None:
    scans.begin(JOB)
    for token in ("t1", "t1", "t2"):
        scans.record(JOB, 1, unchanged=5, ignored=2, token=token)
    scans.record(JOB, 1, unchanged=1, ignored=0)
    job = jobs.get(JOB)
    assert (job.unchanged, job.ignored) == (11, 4)
    assert scans.counts(JOB) == (0, 11, 4)
    add_chunk(scans, JOB, 1, FILES)
    assert scans.counts(JOB) == (3, 11, 4)


def test_failures_of_the_scan_count_once_and_are_known_later(scans: Scans, jobs: Jobs) -> None:
    scans.begin(JOB)
    for _ in range(2):
        scans.fail(JOB, 1, FAILURES, "c1")
    job = jobs.get(JOB)
    assert (job.total, job.failed, job.done) == (2, 2, 2)
    assert jobs.failures(JOB, None, 10)[0] == FAILURES
    assert scans.pending(JOB) == 0
    assert scans.accounted(JOB, [image_id(FAILURES[0].uri), image_id(FILES[0].uri)]) == [
        True,
        False,
    ]
    with pytest.raises(ScanSuperseded):
        scans.fail(JOB, 7, FAILURES)
    assert jobs.get(JOB).failed == 2
    scans.finish(JOB, 1)
    assert jobs.get(JOB).status == "done"
