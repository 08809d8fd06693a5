import os
import threading
from pathlib import Path

import pytest

from indexer.sources import directory_listing
from shared.domain.chunk import FileRef
from shared.domain.image import image_id
from shared.domain.job import DirectorySource
from shared.domain.worker import WorkerInfo
from shared.files.uris import file_uri
from shared.ledger import Workers
from shared.retry import ShuttingDown
from shared.store import Collections, Images
from tests.integration.indexer.loads import WEIGHTS, Loads
from tests.services import wait_until

NAMES = ("a.jpg", "b/c.jpg", "b/d.JPEG", "e")


def test_a_first_load_sees_every_picture_once(loads: Loads) -> None:
    loads.put(*NAMES, ".hidden.jpg")
    (loads.root / "notes.txt").write_text("no picture")
    (loads.root / "claims.png").write_text("no picture either")
    job = loads.load()
    assert job.status == "done"
    assert (job.total, job.done, job.indexed, job.ignored) == (5, 5, 5, 2)
    assert loads.encoded() == ["a.jpg", "c.jpg", "claims.png", "d.JPEG", "e"]
    assert max(len(claim.files) for claim in loads.claims) <= 2
    path = loads.root / "a.jpg"
    refs = [ref for claim in loads.claims for ref in claim.files]
    status = path.stat()
    size, time = status.st_size, status.st_mtime_ns
    expected = FileRef(uri=file_uri(path), size=size, mtime_ns=time, not_moved=True)
    assert expected in refs


def test_a_second_load_opens_nothing_that_is_unchanged(
    loads: Loads, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = loads.put(*NAMES)
    assert loads.load().indexed == 4
    loads.claims.clear()
    with monkeypatch.context() as patch:
        patch.setattr(
            directory_listing, "is_candidate", lambda _: pytest.fail("an unchanged file was opened")
        )
        job = loads.load()
    assert (job.status, job.total, job.unchanged, job.indexed) == ("done", 4, 4, 0)
    paths[0].write_bytes(paths[0].read_bytes() + b"more")
    status = paths[1].stat()
    os.utime(paths[1], ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    loads.put("new.jpg")
    job = loads.load()
    assert (job.total, job.unchanged, job.indexed) == (5, 2, 3)
    assert loads.encoded() == ["a.jpg", "c.jpg", "new.jpg"]


def test_an_empty_directory_is_a_load_of_nothing(loads: Loads) -> None:
    job = loads.load()
    assert (job.status, job.total, job.done) == ("done", 0, 0)


def test_the_scan_stays_near_the_encoders(loads: Loads) -> None:
    loads.put(*(f"{n:02}.jpg" for n in range(20)))
    job, indexer = loads.job(), loads.indexer()
    scanning = threading.Thread(target=indexer.scan, args=(job,))
    scanning.start()
    wait_until(lambda: len(loads.pending(job)) == 3, 10, "three chunks")
    assert not wait_until_more(loads, job)
    while scanning.is_alive():
        assert len(loads.pending(job)) <= 3
        loads.complete(job)
    loads.complete(job)
    assert loads.jobs.get(job).indexed == 20


def wait_until_more(loads: Loads, job: str) -> bool:
    """Whether a fourth chunk comes though nobody takes the three."""
    try:
        wait_until(lambda: len(loads.pending(job)) > 3, 0.5, "a fourth chunk")
    except TimeoutError:
        return False
    return True


def test_a_paused_job_is_not_scanned_on(loads: Loads) -> None:
    loads.put(*NAMES)
    job, indexer = loads.job(), loads.indexer()
    loads.jobs.pause(job)
    indexer.scan(job)
    assert loads.pending(job) == []
    loads.jobs.resume(job)
    indexer.scan(job)
    assert len(loads.pending(job)) == 2
    loads.complete(job)
    assert loads.jobs.get(job).status == "done"


@pytest.mark.parametrize("paused", [False, True])
def test_a_cancelled_job_is_let_go(loads: Loads, paused: bool) -> None:
    loads.put(*(f"{n:02}.jpg" for n in range(20)))
    job, indexer = loads.job(), loads.indexer()
    scanning = threading.Thread(target=indexer.scan, args=(job,))
    scanning.start()
    wait_until(lambda: len(loads.pending(job)) == 3, 10, "three chunks")
    if paused:
        loads.jobs.pause(job)
    loads.jobs.cancel(job)
    scanning.join(20)
    assert not scanning.is_alive()
    found = loads.jobs.get(job)
    assert (found.status, found.indexed, loads.pending(job)) == ("cancelled", 0, [])


def test_only_one_indexer_scans(loads: Loads) -> None:
    loads.put(*(f"{n:02}.jpg" for n in range(20)))
    job, first, second = loads.job(), loads.indexer(), loads.indexer()
    scanning = threading.Thread(target=first.scan, args=(job,))
    scanning.start()
    wait_until(lambda: len(loads.pending(job)) == 3, 10, "three chunks")
    second.scan(job)
    first.scan(job)
    loads.jobs.cancel(job)
    scanning.join(20)
    assert loads.jobs.get(job).total == 6


def test_a_job_that_is_gone_or_over_is_not_scanned(loads: Loads) -> None:
    indexer = loads.indexer()
    indexer.scan("no-such-job")
    job = loads.job()
    loads.jobs.cancel(job)
    indexer.scan(job)
    assert loads.jobs.get(job).status == "cancelled"


def test_a_collection_that_vanished_ends_the_job(loads: Loads, collections: Collections) -> None:
    loads.put(*NAMES)
    job = loads.load(collection="dropped_meanwhile")
    assert job.status == "failed"
    assert job.error is not None
    assert job.error.code == "collection_not_found"


def test_another_encoder_ends_the_job(loads: Loads) -> None:
    loads.put(*NAMES)
    workers = Workers(loads.redis, loads.settings)
    info = WorkerInfo(id="e", name="e", queue="encode", weights=WEIGHTS, started_at=0)
    workers.heartbeat(info)
    assert loads.load().status == "done"
    workers.heartbeat(info.model_copy(update={"weights": "imagenet-2"}))
    job = loads.load()
    assert job.status == "failed"
    assert job.error is not None
    assert job.error.code == "encoder_mismatch"
    assert "imagenet-2" in job.error.detail


def test_one_encoder_that_fits_is_enough(loads: Loads) -> None:
    loads.put(*NAMES)
    workers = Workers(loads.redis, loads.settings)
    for name, weights in (("right", WEIGHTS), ("odd", "imagenet-2"), ("odder", "imagenet-2")):
        info = WorkerInfo(id=name, name=name, queue="encode", weights=weights, started_at=0)
        workers.heartbeat(info)
    assert loads.load().status == "done"


def test_a_source_that_vanished_ends_the_job(loads: Loads) -> None:
    job = loads.load(source=DirectorySource(path=str(loads.root / "gone")))
    assert job.status == "failed"
    assert job.error is not None
    assert job.error.code == "source_missing"


def test_a_crash_ends_the_job_with_a_plain_sentence(
    loads: Loads, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads.put(*NAMES)
    monkeypatch.setattr(directory_listing, "is_candidate", lambda _: 1 / 0)
    job = loads.load()
    assert job.status == "failed"
    assert job.error is not None
    assert job.error.code == "internal_error"
    assert "ZeroDivisionError" not in job.error.detail


def test_files_that_no_encoder_need_see_fail_at_once(loads: Loads) -> None:
    # Percent-encoded, each of these letters takes six bytes.
    long = "/".join(["ä" * 120] * 5 + ["ä" * 100 + ".jpg"])
    loads.put("a.jpg", long)
    job = loads.load()
    assert (job.status, job.total, job.indexed, job.failed) == ("done", 2, 1, 1)
    (failure,), _ = loads.jobs.failures(job.spec.id, None, 10)
    assert failure.code == "path_too_long"
    assert failure.uri == file_uri(loads.root / long)
    (failed_again,) = [loads.load()]
    assert (failed_again.unchanged, failed_again.failed) == (1, 1)


def test_shutting_down_leaves_the_job_to_the_next_indexer(loads: Loads) -> None:
    loads.put(*(f"{n:02}.jpg" for n in range(20)))
    job, indexer = loads.job(), loads.indexer()
    raised: list[BaseException] = []

    def work() -> None:
        try:
            indexer.scan(job)
        except ShuttingDown as stopped:
            raised.append(stopped)

    scanning = threading.Thread(target=work)
    scanning.start()
    wait_until(lambda: len(loads.pending(job)) == 3, 10, "three chunks")
    indexer.die()
    scanning.join(20)
    assert len(raised) == 1
    assert loads.jobs.get(job).status == "scanning"
    finished = loads.finish(job, loads.indexer())
    assert (finished.status, finished.total, finished.indexed) == ("done", 20, 20)
    assert len(loads.encoded()) == len(set(loads.encoded())) == 20


def test_names_of_any_bytes_are_loaded(loads: Loads, images: Images) -> None:
    names = [os.fsdecode(b"\xff\xfe.jpg"), "line\nfeed.jpg", 'a"b\\c.jpg', "漢字 %20.jpg"]
    paths = loads.put(*names)
    assert loads.load().indexed == 4
    for path in paths:
        assert images.get(loads.collection, image_id(file_uri(path))).uri == file_uri(path)
    assert loads.load().unchanged == 4


def test_a_link_in_the_sources_place_is_walked_where_it_leads(loads: Loads) -> None:
    loads.put("real/a.jpg")
    link = Path(loads.root / "link")
    link.symlink_to(loads.root / "real")
    job = loads.load(source=DirectorySource(path=str(link)))
    assert job.indexed == 1
    assert loads.claims[0].files[0].uri == file_uri(link / "a.jpg")
