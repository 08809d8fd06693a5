"""A scan whose indexer died is continued by another, and every file is counted once."""

import contextlib
import threading

import pytest

from indexer.sources.directory import path_too_long
from shared.domain.chunk import ChunkOutcome
from shared.domain.job import DirectorySource, Job, UploadSource
from shared.files.uris import file_uri
from shared.ledger import Scans, chunks
from shared.retry import ShuttingDown
from shared.store import Images
from tests.integration.indexer.loads import Indexer, Loads, upload_ref
from tests.services import wait_until

FILES = tuple(f"{n:02}.jpg" for n in range(24))


def until_it_waits(loads: Loads, job: str, indexer: Indexer) -> threading.Thread:
    def work() -> None:
        with contextlib.suppress(ShuttingDown):
            indexer.scan(job)

    scanning = threading.Thread(target=work)
    scanning.start()
    wait_until(lambda: len(loads.pending(job)) == 3, 10, "three chunks")
    return scanning


def die(indexer: Indexer, scanning: threading.Thread) -> None:
    indexer.die()
    scanning.join(20)
    assert not scanning.is_alive()


def _assert_exact(loads: Loads, job: Job, *, files: int, failed: int = 0) -> None:
    assert job.status == "done"
    assert (job.total, job.done) == (files, files)
    assert job.failed == failed
    names = loads.encoded()
    assert len(names) == len(set(names))


def test_pending_written_and_failed_files_are_passed_over(loads: Loads) -> None:
    loads.put(*FILES, ".hidden")
    (loads.root / "notes.txt").write_text("no picture")
    job, first = loads.job(), loads.indexer()
    scanning = until_it_waits(loads, job, first)
    # Three chunks are reported, one file as failed; three more are cut, and one is in work.
    loads.complete(job, failures=("00.jpg", "01.jpg", "02.jpg", "03.jpg", "04.jpg", "05.jpg"))
    wait_until(lambda: len(loads.pending(job)) == 3, 10, "three more chunks")
    assert loads.chunks.claim(job, loads.pending(job)[0]) is not None
    die(first, scanning)
    before = loads.jobs.get(job)
    assert before.total == 12

    held = loads.pending(job)
    second = loads.indexer()
    finishing = threading.Thread(target=second.scan, args=(job,))
    finishing.start()
    while finishing.is_alive():
        loads.complete(job)
        finishing.join(0.01)
    loads.complete(job)
    # The chunk that was in work all the time is reported last.
    (left,) = loads.pending(job)
    assert left in held
    assert loads.jobs.get(job).status == "running"
    assert loads.chunks.complete(job, left, ChunkOutcome(indexed=2))
    after = loads.jobs.get(job)
    assert (after.total, after.done, after.ignored) == (24, 24, 2)
    assert after.failed == before.failed
    assert after.status == "done"
    names = loads.encoded()
    assert len(names) == len(set(names)) == 22


def test_unchanged_files_are_counted_anew_and_only_once(loads: Loads) -> None:
    loads.put(*FILES[:10])
    assert loads.load().indexed == 10
    loads.claims.clear()
    loads.put(*FILES[10:])
    (loads.root / "notes.txt").write_text("no picture")
    job, first = loads.job(), loads.indexer()
    scanning = until_it_waits(loads, job, first)
    loads.complete(job)
    die(first, scanning)
    finished = loads.finish(job, loads.indexer())
    _assert_exact(loads, finished, files=24)
    assert (finished.unchanged, finished.indexed, finished.ignored) == (10, 14, 1)


def test_a_duplicate_has_no_row_and_is_passed_over(loads: Loads) -> None:
    loads.put(*FILES)
    job, first = loads.job(on_duplicate="skip"), loads.indexer()
    scanning = until_it_waits(loads, job, first)
    chunk = loads.pending(job)[0]
    claim = loads.chunks.claim(job, chunk)
    assert claim is not None
    ids = tuple(ref.id for ref in claim.files)
    outcome = ChunkOutcome(duplicates=2, duplicate_ids=ids)
    assert loads.chunks.complete(job, chunk, outcome)
    die(first, scanning)
    finished = loads.finish(job, loads.indexer())
    _assert_exact(loads, finished, files=24)
    assert (finished.duplicates, finished.indexed) == (2, 22)


def test_duplicates_that_are_not_remembered_are_found_again(
    loads: Loads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "MAX_REMEMBERED", 1)
    loads.put(*FILES)
    job, first = loads.job(on_duplicate="skip"), loads.indexer()
    scanning = until_it_waits(loads, job, first)
    for chunk in loads.pending(job)[:2]:
        claim = loads.chunks.claim(job, chunk)
        assert claim is not None
        ids = tuple(ref.id for ref in claim.files)
        outcome = ChunkOutcome(duplicates=2, duplicate_ids=ids)
        assert loads.chunks.complete(job, chunk, outcome)
    die(first, scanning)
    assert loads.jobs.get(job).duplicates == 4
    finished = loads.finish(job, loads.indexer())
    _assert_exact(loads, finished, files=24)
    assert (finished.duplicates, finished.indexed) == (1, 23)


def test_a_file_that_changed_after_this_job_wrote_it_is_for_the_next_load(loads: Loads) -> None:
    paths = loads.put(*FILES)
    job, first = loads.job(), loads.indexer()
    scanning = until_it_waits(loads, job, first)
    loads.complete(job)
    die(first, scanning)
    for path in paths:
        path.write_bytes(path.read_bytes() + b"more")
    finished = loads.finish(job, loads.indexer())
    _assert_exact(loads, finished, files=24)
    assert loads.load().indexed > 0


def test_failures_of_the_scan_itself_count_once(loads: Loads) -> None:
    long = "/".join(["ä" * 120] * 5 + ["ä" * 100 + ".jpg"])
    loads.put(long)
    settings = loads.settings.model_copy(update={"max_pending_chunks": 100})
    job, first = loads.job(), loads.indexer(settings)
    first.stores.stop.clear()
    start = first.stores.scans.begin(job)
    assert start is not None
    # The first try is killed between its failure and its end.
    failure = path_too_long(file_uri(loads.root / long), 1, 1)
    first.stores.scans.fail(job, start.generation, [failure])
    first.die()
    finished = loads.finish(job, loads.indexer())
    assert (finished.status, finished.total, finished.failed) == ("done", 1, 1)


def test_an_upload_taken_up_again(loads: Loads) -> None:
    files = [upload_ref(n) for n in range(12)]
    job = loads.job(source=UploadSource(files=13), files=[*files, files[0]])
    first = loads.indexer()
    scanning = until_it_waits(loads, job, first)
    loads.complete(job)
    die(first, scanning)
    finished = loads.finish(job, loads.indexer())
    _assert_exact(loads, finished, files=13)
    assert (finished.indexed, finished.unchanged) == (12, 1)


def test_an_indexer_that_only_seemed_dead_is_refused(loads: Loads) -> None:
    loads.put(*FILES)
    job, first = loads.job(), loads.indexer()
    scanning = until_it_waits(loads, job, first)
    # Its heartbeat was late: another takes over while it still runs.
    loads.redis.delete(f"lookalike:worker:{first.id}")
    finished = loads.finish(job, loads.indexer())
    scanning.join(20)
    assert not scanning.is_alive()
    _assert_exact(loads, finished, files=24)


def test_the_lookups_of_a_repeated_scan_are_strong(
    loads: Loads, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads.put(*FILES)
    asked: list[bool] = []
    images = Images.file_versions

    def file_versions(self: Images, collection: str, ids: list[str], *, strong: bool) -> object:
        asked.append(strong)
        return images(self, collection, ids, strong=strong)

    monkeypatch.setattr(Images, "file_versions", file_versions)
    job, dead = loads.job(source=DirectorySource(path=str(loads.root))), loads.indexer()
    assert Scans(loads.redis, dead.id).begin(job) is not None
    dead.die()
    assert loads.finish(job, loads.indexer()).indexed == 24
    assert asked
    assert all(asked)


def test_what_redis_lost_meanwhile_is_scanned_again(loads: Loads) -> None:
    """Its log, written late, was cut short by a power failure: acknowledged chunks are gone."""
    loads.put(*FILES)
    job, indexer = loads.job(), loads.indexer()
    scanning = threading.Thread(target=indexer.scan, args=(job,))
    scanning.start()
    wait_until(lambda: len(loads.pending(job)) == 3, 10, "three chunks")
    lost = loads.pending(job)[0]
    loads.redis.hdel(f"lookalike:job:{job}:chunks", lost)
    loads.redis.hincrby(f"lookalike:job:{job}", "chunk_total", -2)
    while scanning.is_alive():
        loads.complete(job)
        scanning.join(0.01)
    loads.complete(job)
    finished = loads.jobs.get(job)
    _assert_exact(loads, finished, files=24)
    assert finished.indexed == 24
