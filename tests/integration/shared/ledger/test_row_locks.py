"""Locks of rows: one holder at a time, all rows or none, and what others have changed."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.domain.chunk import ChunkOutcome
from shared.errors import Unavailable
from shared.ledger import REDIS_WRITE, JobEnded, LockTime, RowLock, RowLocks, keys
from tests.integration.shared.ledger.ledger import Ledger

A, B, C = "aa" + "0" * 30, "ab" + "0" * 30, "aa" + "1" * 30


class Waited(Exception):
    pass


def at_once(_: float) -> None:
    raise Waited


def lock(*ids: str, writer: str = "client", **fields: Any) -> RowLock:
    return RowLock("shoes", ids, writer, **fields)


@pytest.fixture
def client(ledger: Ledger) -> RowLocks:
    return RowLocks(ledger.redis)


@pytest.fixture
def encoder(ledger: Ledger) -> RowLocks:
    return RowLocks(ledger.redis, "worker-1")


def test_rows_are_one_holders(client: RowLocks, encoder: RowLocks) -> None:
    with client.hold(lock(A, B)):
        with pytest.raises(Waited), encoder.hold(lock(C, B), at_once):
            pass
        # None of the rows that it did not get stays locked.
        with encoder.hold(lock(C), at_once):
            pass
        with encoder.hold(RowLock("hats", [A], "client"), at_once):
            pass
    with encoder.hold(lock(A, B), at_once):
        pass


def test_the_same_lock_is_had_again(client: RowLocks) -> None:
    """The answer to the first call was lost, or the write is repeated after an outage."""
    mine = lock(A)
    with pytest.raises(Unavailable), client.hold(mine):
        raise Unavailable("milvus_unavailable", "It may still write.")
    with pytest.raises(Waited), client.hold(lock(A), at_once):
        pass
    with client.hold(mine, at_once):
        pass
    with client.hold(lock(A), at_once):
        pass


def test_another_error_ends_the_lock(client: RowLocks) -> None:
    with pytest.raises(ZeroDivisionError), client.hold(lock(A)):
        raise ZeroDivisionError
    with client.hold(lock(A), at_once):
        pass


def test_a_dead_workers_lock_is_void(ledger: Ledger, client: RowLocks, encoder: RowLocks) -> None:
    with encoder.hold(lock(A)):
        with pytest.raises(Waited), client.hold(lock(A), at_once):
            pass
        ledger.redis.delete(keys.WORKER + "worker-1")
        with client.hold(lock(A), at_once):
            pass


def test_a_lock_ends_by_itself(ledger: Ledger, client: RowLocks) -> None:
    with client.hold(lock(A)):
        key = f"lookalike:collection:shoes:row:{A}"
        assert 140_000 < ledger.redis.pttl(key) <= 150_000
        with client.hold(lock(B, time=REDIS_WRITE)):
            assert 30_000 < ledger.redis.pttl(f"lookalike:collection:shoes:row:{B}") <= 40_000
        ledger.redis.pexpire(key, 0)
        mine = lock(A)
        with client.hold(mine, at_once):
            pass
    assert not list(ledger.redis.scan_iter("lookalike:collection:shoes:row:*"))


def test_a_client_waits_for_some_seconds(client: RowLocks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.ledger.row_locks._WAIT_SECONDS", 0.1)
    with client.hold(lock(A)), pytest.raises(Unavailable) as refusal, client.hold(lock(A)):
        pass
    assert refusal.value.code == "image_busy"


def test_a_write_that_begins_too_late_is_refused(client: RowLocks) -> None:
    """Its process was stopped, and others may have the rows by now."""
    with client.hold(lock(A)) as held:
        held.require_time()
    late = lock(A, time=LockTime(150.0, -1.0))
    with pytest.raises(Unavailable), client.hold(late) as held:
        held.require_time()


def test_what_others_changed_is_known(client: RowLocks, encoder: RowLocks) -> None:
    def load(*ids: str, **fields: Any) -> RowLock:
        return lock(*ids, writer="job", **fields)

    def changed(locks: RowLocks, wanted: RowLock, read: float) -> bool:
        with locks.hold(wanted, at_once) as held:
            return held.has_changed_since(read)

    now = client.now()
    assert not changed(encoder, load(A, B), now)
    assert not changed(encoder, load(A, B), now), "its own change"
    assert changed(client, lock(A, changes_labels=False), now), "the job's change"
    assert not changed(encoder, load(A, B), now), "a client that changed nothing"
    assert not changed(encoder, load(B), now)
    changed(client, lock(B), now)
    assert changed(encoder, load(A, B), now)
    assert changed(encoder, load(B), now)
    # Read when the other had long written it.
    assert not changed(encoder, load(B), now + 1000)
    assert changed(encoder, load(A), now - 4000), "older than what the ledger remembers"


@pytest.mark.parametrize("end", ["report", "cancel"])
def test_a_chunk_that_is_over_locks_nothing(ledger: Ledger, encoder: RowLocks, end: str) -> None:
    job, chunk = ledger.scanned()
    ledger.chunks.claim(job, chunk)
    with encoder.hold(lock(A, writer=job, chunk=(job, chunk)), at_once):
        pass
    ends: dict[str, Callable[[], object]] = {
        "report": lambda: ledger.chunks.complete(job, chunk, ChunkOutcome(indexed=4)),
        "cancel": lambda: ledger.jobs.cancel(job),
    }
    ends[end]()
    with pytest.raises(JobEnded), encoder.hold(lock(A, writer=job, chunk=(job, chunk)), at_once):
        pass
