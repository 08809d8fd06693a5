"""Hosts whose clocks are hours off compare nothing by them."""

import pytest

from shared.domain.chunk import ChunkOutcome
from tests.clocks import host_clock
from tests.integration.shared.ledger.ledger import Ledger

OFFSETS = pytest.mark.parametrize("offset", [-7200.0, 7200.0])


@OFFSETS
def test_the_speed_of_a_job_is_by_one_clock(offset: float, ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    ledger.chunks.claim(job, chunk)
    ledger.scans.begin(job)
    other = ledger.create()
    ledger.scans.begin(other)
    ledger.redis.hset(f"lookalike:job:{job}", "scan_done", "0")
    ledger.chunks.complete(job, chunk, ChunkOutcome(indexed=4))
    right = ledger.jobs.get(job).images_per_second
    with host_clock(offset):
        wrong = ledger.jobs.get(job).images_per_second
    assert right > 0.1
    assert wrong == pytest.approx(right, rel=0.9)


@OFFSETS
def test_a_worker_was_seen_by_the_clock_of_redis(offset: float, ledger: Ledger) -> None:
    with host_clock(offset):
        ledger.heartbeat("worker-1", "encode")
    (seen,) = (w for w in ledger.workers.list_alive() if w.id == "worker-1")
    assert abs(seen.seen_at - ledger.jobs.now()) < 60
    assert seen.age < 60


@OFFSETS
def test_a_recovery_whose_clock_is_wrong_frees_nothing(offset: float, ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    with host_clock(-offset):
        ledger.heartbeat("worker-1", "encode")
        assert ledger.chunks.claim(job, chunk) is not None
    waiting = ledger.create()
    with host_clock(offset):
        assert ledger.recovery.recover_job(job, 30, queue_empty=True) == (False, [])
        assert ledger.recovery.recover_job(waiting, 30, queue_empty=True) == (False, [])
