"""Scans that wait for long leave their thread to others, and are continued by whoever is free."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from indexer.recovery.flush import FlushAfterLoads
from indexer.recovery.recovery import Recovery
from indexer.scan import chunk_producer, context
from indexer.worker import IndexerWorker
from shared.ledger import keys
from shared.queue import SCAN
from tests.integration.indexer.loads import Indexer, Loads
from tests.services import wait_until

NAMES = tuple(f"{n:02}.jpg" for n in range(12))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (chunk_producer, context):
        monkeypatch.setattr(module, "HOLD_SECONDS", 0.1)


@contextmanager
def scanning(loads: Loads, job: str, indexer: Indexer) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=indexer.scan, args=(job,))
    thread.start()
    try:
        yield thread
    finally:
        thread.join(20)
        assert not thread.is_alive()


def is_sent_again(loads: Loads, indexer: Indexer) -> bool:
    """Whether one round of recovery sends a scan."""
    flush = FlushAfterLoads(indexer.stores.jobs, indexer.stores.collections)
    loads.redis.delete(keys.RECOVERY_LOCK, SCAN)
    Recovery(indexer.stores, flush).run_once()
    flush.stop()
    return indexer.stores.dispatcher.depth(SCAN) == 1


def test_a_paused_scan_goes_on_elsewhere(loads: Loads) -> None:
    loads.put(*NAMES)
    job, first, second = loads.job(), loads.indexer(), loads.indexer()
    with scanning(loads, job, first):
        wait_until(lambda: len(loads.pending(job)) == 3, 10, "three chunks")
        loads.jobs.pause(job)
    assert loads.jobs.get(job).total == 6
    assert not is_sent_again(loads, first)
    second.scan(job)
    assert len(loads.pending(job)) == 3
    loads.jobs.resume(job)
    assert is_sent_again(loads, first)
    finished = loads.finish(job, second)
    assert (finished.status, finished.indexed, finished.total) == ("done", 12, 12)
    assert sorted(set(loads.encoded())) == loads.encoded()


def test_twelve_paused_loads_block_nobody(loads: Loads) -> None:
    """All threads of an indexer are free for others, and so are the slots of long scans."""
    loads.put(*NAMES)
    worker = IndexerWorker(loads.settings.model_copy(update={"max_concurrent_scans": 4}), loads.app)
    paused = [loads.job() for _ in range(12)]
    try:
        for batch in (paused[:3], paused[3:6], paused[6:9], paused[9:]):
            threads = [threading.Thread(target=worker.scan, args=(job,)) for job in batch]
            for thread in threads:
                thread.start()
            wait_until(lambda: all(len(loads.pending(j)) == 3 for j in batch), 20, "chunks")  # noqa: B023
            for job in batch:
                loads.jobs.pause(job)
            for thread in threads:
                thread.join(20)
                assert not thread.is_alive()
        job = loads.job()
        done = threading.Event()

        def work() -> None:
            while not done.wait(0.005):
                loads.complete(job)

        encoder = threading.Thread(target=work)
        encoder.start()
        worker.scan(job)
        done.set()
        encoder.join()
        loads.complete(job)
        assert loads.jobs.get(job).indexed == 12
    finally:
        worker._recovery._flush.stop()
        worker._stores.close()


@pytest.mark.parametrize("restart", [False, True])
def test_a_sync_holds_no_thread_while_its_chunks_are_encoded(
    loads: Loads, restart: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (gone, *_) = loads.put(*NAMES[:4])
    assert loads.load().indexed == 4
    gone.unlink()
    loads.put(*NAMES[4:6])
    job, first, second = loads.job(sync=True), loads.indexer(), loads.indexer()
    first.scan(job)
    before = loads.jobs.get(job)
    assert (before.status, before.done, before.total) == ("running", 3, 5)
    assert not is_sent_again(loads, first)
    second.scan(job)
    assert loads.jobs.get(job).removed == 0
    loads.complete(job)
    assert is_sent_again(loads, first)
    if restart:
        monkeypatch.setattr("indexer.scan.scan.this_host", lambda: "another boot")
    loads.finish(job, second)
    after = loads.jobs.get(job)
    assert (after.status, after.removed, after.indexed, after.unchanged) == ("done", 1, 2, 3)


def test_an_orphaned_scan_is_sent_again_by_its_own_indexer(loads: Loads) -> None:
    """Redis lost the end of the scan, and another indexer leads the recovery."""
    job, mine = loads.job(), loads.indexer()
    assert mine.stores.scans.begin(job) is not None
    assert loads.indexer().stores.job_recovery.try_acquire_leadership(60)
    flush = FlushAfterLoads(mine.stores.jobs, mine.stores.collections)
    Recovery(mine.stores, flush).run_once()
    flush.stop()
    assert mine.stores.dispatcher.depth(SCAN) == 1
