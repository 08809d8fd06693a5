import threading
from collections.abc import Iterator

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from indexer.recovery import flush
from indexer.recovery.flush import FlushAfterLoads
from indexer.recovery.recovery import Recovery
from shared.domain.job import Failure
from shared.ledger import Jobs, keys
from shared.ledger.failures import BLOCK
from shared.queue import ENCODE, SCAN
from shared.settings import Settings
from tests.integration.indexer.loads import Indexer, Loads
from tests.services import wait_until


class Watch:
    """A recovery whose rounds the test calls for itself, and the messages that it sends."""

    def __init__(self, loads: Loads) -> None:
        self.indexer: Indexer = loads.indexer()
        stores = self.indexer.stores
        self.redis = loads.redis
        self.flush = FlushAfterLoads(stores.jobs, stores.collections)
        self.recovery = Recovery(stores, self.flush)

    def round(self) -> None:
        self.redis.delete(keys.RECOVERY_LOCK)
        self.recovery.run_once()

    def sent(self, queue: str) -> int:
        return self.indexer.stores.dispatcher.depth(queue)

    def clear(self, *queues: str) -> None:
        for queue in queues:
            self.redis.delete(queue, f"{queue}\x06\x165")


@pytest.fixture
def watch(loads: Loads) -> Iterator[Watch]:
    made = Watch(loads)
    yield made
    made.recovery.stop() if made.recovery._thread.is_alive() else made.flush.stop()


def _age(loads: Loads, job: str) -> None:
    """Let what was sent for a job look sent long ago."""
    loads.redis.hset(keys.job(job), "scan_sent_at", 0)
    for chunk in loads.pending(job):
        loads.redis.hset(keys.job(job, "sent"), chunk, 0)


@pytest.mark.parametrize("ends", [False, True])
def test_failures_are_packed_also_when_the_job_has_just_ended(
    loads: Loads, watch: Watch, ends: bool
) -> None:
    job = loads.job()
    watch.indexer.stores.scans.begin(job)
    watch.round()
    found = [Failure(uri=f"file:///{n}", code="corrupt", reason="x") for n in range(BLOCK)]
    watch.indexer.stores.scans.fail(job, 1, found)
    if ends:
        loads.jobs.cancel(job)
    watch.round()
    assert loads.redis.llen(keys.job(job, "failures")) == 0
    assert list(loads.jobs.iter_failures(job)) == found


def test_a_dead_indexers_scan_is_sent_again(loads: Loads, watch: Watch) -> None:
    job, dead = loads.job(), loads.indexer()
    assert dead.stores.scans.begin(job) is not None
    watch.round()
    assert watch.sent(SCAN) == 0
    dead.die()
    watch.round()
    assert watch.sent(SCAN) == 1
    assert loads.finish(job, loads.indexer()).status == "done"


def test_a_scan_that_only_the_ledger_believes_in_is_sent_again(loads: Loads, watch: Watch) -> None:
    job = loads.job()
    stores = watch.indexer.stores
    assert stores.scans.begin(job) is not None
    with stores.active_scans.enter(job):
        watch.round()
        assert watch.sent(SCAN) == 0
    watch.round()
    assert watch.sent(SCAN) == 1
    assert loads.finish(job, watch.indexer).status == "done"


def test_a_scan_whose_message_was_lost_is_sent_again_but_not_in_a_heap(
    loads: Loads, watch: Watch
) -> None:
    job = loads.job()
    watch.round()
    assert watch.sent(SCAN) == 0
    for _ in range(3):
        _age(loads, job)
        watch.round()
        assert watch.sent(SCAN) == 1
    watch.clear(SCAN)
    _age(loads, job)
    watch.round()
    assert watch.sent(SCAN) == 1


def test_a_dead_workers_chunk_is_sent_again(loads: Loads, watch: Watch) -> None:
    loads.put("a.jpg", "b.jpg", "c.jpg")
    job = loads.job()
    loads.indexer().scan(job)
    watch.clear(ENCODE)
    chunk, _ = loads.pending(job)
    assert loads.chunks.claim(job, chunk) is not None
    watch.round()
    assert watch.sent(ENCODE) == 0
    loads.redis.delete(keys.WORKER + "encoder")
    watch.round()
    assert watch.sent(ENCODE) == 1
    # The other one's message was lost; nobody has it, and the queue has run dry.
    watch.clear(ENCODE)
    _age(loads, job)
    watch.round()
    assert watch.sent(ENCODE) == 2


def test_one_indexer_recovers_at_a_time(loads: Loads, watch: Watch) -> None:
    other = Watch(loads)
    job, dead = loads.job(), loads.indexer()
    assert dead.stores.scans.begin(job) is not None
    dead.die()
    watch.round()
    watch.clear(SCAN)
    loads.redis.hset(keys.job(job), "scan_owner", dead.id)
    other.recovery.run_once()
    assert watch.sent(SCAN) == 0
    other.flush.stop()


def test_one_jobs_trouble_is_no_others(loads: Loads, watch: Watch) -> None:
    jobs = [loads.job() for _ in range(3)]
    for job in jobs:
        _age(loads, job)
    loads.redis.delete(keys.job(min(jobs)))
    loads.redis.set(keys.job(min(jobs)), "no hash")
    watch.round()
    # One message for each of the others: the queue was empty when the round began.
    assert watch.sent(SCAN) == 2


def test_a_large_load_is_flushed_once_it_has_ended(
    loads: Loads, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    monkeypatch.setattr(flush, "_MIN_ROWS", 3)
    monkeypatch.setattr(watch.indexer.stores.collections, "flush", flushed.append)
    loads.put("a.jpg", "b.jpg")
    small = loads.job()
    watch.round()
    assert loads.finish(small, loads.indexer()).indexed == 2
    watch.round()
    loads.put("c.jpg", "d.jpg", "e.jpg")
    large = loads.job()
    watch.round()
    assert loads.finish(large, loads.indexer()).indexed == 3
    assert flushed == []
    watch.round()
    wait_until(lambda: flushed == [loads.collection], 10, "the flush")
    watch.round()
    assert flushed == [loads.collection]


def test_a_flush_that_fails_is_only_logged(loads: Loads, watch: Watch) -> None:
    for name in ("no_such_collection", "\ud800"):
        watch.flush.flush(name)


def test_it_goes_on_through_an_outage_and_gives_the_living_a_moment(
    loads: Loads, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = Watch(loads)
    rounds: list[float] = []
    failing = threading.Event()
    failing.set()
    real = Jobs.active

    def active(self: Jobs) -> object:
        rounds.append(1)
        if failing.is_set():
            raise RedisConnectionError("away")
        return real(self)

    monkeypatch.setattr(Jobs, "active", active)
    monkeypatch.setattr(Settings, "heartbeat_seconds", 0.02)
    job, dead = loads.job(), loads.indexer()
    assert dead.stores.scans.begin(job) is not None
    dead.die()
    quick.recovery.start()
    wait_until(lambda: len(rounds) > 3, 10, "more rounds")
    failing.clear()
    seen = len(rounds)
    wait_until(lambda: len(rounds) > seen + 3, 10, "rounds after the outage")
    # Nobody is taken for dead until every process had the time to say that it lives.
    assert quick.sent(SCAN) == 0
    wait_until(lambda: quick.sent(SCAN) == 1, 20, "the scan")
    quick.recovery.stop()
