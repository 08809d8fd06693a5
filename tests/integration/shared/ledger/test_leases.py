"""Leases through a Redis that loses what it has acknowledged, as by a failover."""

from collections.abc import Iterator

import pytest

from shared.domain.chunk import ChunkOutcome
from shared.errors import Unavailable, redis_unavailable
from shared.redis import connect
from shared.settings import Settings
from tests.integration.shared.ledger.ledger import Ledger
from tests.services import Valkey


@pytest.fixture
def lossy(own_valkey: Valkey, base_settings: Settings) -> Iterator[Ledger]:
    """A ledger whose Redis this test may have lose writes."""
    url = type(base_settings.redis_url)(own_valkey.url)
    settings = base_settings.model_copy(update={"redis_url": url, "lease_seconds": 60.0})
    client = connect(settings)
    yield Ledger(client, settings)
    client.close()


def test_a_report_that_was_lost_is_asked_for_again(own_valkey: Valkey, lossy: Ledger) -> None:
    job, chunk = lossy.scanned()
    assert lossy.chunks.claim(job, chunk) is not None
    before = own_valkey.written()
    assert lossy.chunks.complete(job, chunk, ChunkOutcome(indexed=4))
    own_valkey.lose_since(before)
    lossy.heartbeat("worker-1", "encode", lossy.chunks.held())
    assert lossy.recovery.recover_job(job, 30, queue_empty=False) == (False, [chunk])
    assert lossy.chunks.claim(job, chunk) is not None
    assert lossy.chunks.complete(job, chunk, ChunkOutcome(indexed=4))
    assert lossy.jobs.get(job).indexed == 4


def test_a_lease_that_was_lost_is_restored(own_valkey: Valkey, lossy: Ledger) -> None:
    job, chunk = lossy.scanned()
    other = lossy.worker("worker-2")
    before = own_valkey.written()
    assert lossy.chunks.claim(job, chunk) is not None
    own_valkey.lose_since(before)
    lossy.heartbeat("worker-2", "encode")
    lossy.heartbeat("worker-1", "encode", lossy.chunks.held())
    assert other.claim(job, chunk) is None
    assert lossy.chunks.complete(job, chunk, ChunkOutcome(indexed=4))
    assert lossy.jobs.get(job).indexed == 4


def test_a_lease_that_another_one_has_by_now_is_not_restored(
    own_valkey: Valkey, lossy: Ledger
) -> None:
    job, chunk = lossy.scanned()
    other = lossy.worker("worker-2")
    before = own_valkey.written()
    assert lossy.chunks.claim(job, chunk) is not None
    own_valkey.lose_since(before)
    lossy.heartbeat("worker-2", "encode", other.held())
    assert other.claim(job, chunk) is not None
    assert lossy.heartbeat("worker-1", "encode", lossy.chunks.held()) == 0
    assert lossy.recovery.leases(job) == {chunk: "worker-2"}
    # The report of a lease that was lost counts, and the other one's does not count again.
    assert lossy.chunks.complete(job, chunk, ChunkOutcome(indexed=4))
    assert not other.complete(job, chunk, ChunkOutcome(indexed=4))
    assert lossy.jobs.get(job).indexed == 4


def test_a_worker_that_was_held_to_be_dead_has_its_lease_again(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    assert ledger.chunks.claim(job, chunk) is not None
    ledger.workers.deregister("worker-1")
    assert ledger.recovery.recover_job(job, 30, queue_empty=False) == (False, [chunk])
    assert ledger.heartbeat("worker-1", "encode", ledger.chunks.held()) == 1
    assert ledger.worker("worker-2").claim(job, chunk) is None


@pytest.mark.parametrize("end", ["report", "release", "cancel", "revoke"])
def test_a_heartbeat_that_comes_late_restores_nothing(end: str, ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    claim = ledger.chunks.claim(job, chunk)
    assert claim is not None
    held = ledger.chunks.held()
    if end == "report":
        ledger.chunks.complete(job, chunk, ChunkOutcome(indexed=4))
    elif end == "release":
        ledger.chunks.release(job, chunk, claim.token)
    elif end == "cancel":
        ledger.jobs.cancel(job)
        ledger.workers.deregister("worker-1")
    else:
        assert ledger.recovery.revoke_lease(job, chunk, "worker-1")
    assert ledger.heartbeat("worker-1", "encode", held) == 0


def test_a_heartbeat_from_before_a_claim_does_not_end_it(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    held = ledger.chunks.held()
    assert ledger.chunks.claim(job, chunk) is not None
    ledger.heartbeat("worker-1", "encode", held)
    assert ledger.recovery.recover_job(job, 30, queue_empty=False) == (False, [])
    ledger.heartbeat("worker-1", "encode", ledger.chunks.held())
    assert ledger.recovery.recover_job(job, 30, queue_empty=False) == (False, [])


def test_a_claim_whose_answer_never_came_is_freed(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, chunk = ledger.scanned()
    claim = ledger.chunks._claim

    def lost(**arguments: object) -> None:
        claim(**arguments)
        raise redis_unavailable()

    monkeypatch.setattr(ledger.chunks, "_claim", lost)
    with pytest.raises(Unavailable):
        ledger.chunks.claim(job, chunk)
    assert ledger.recovery.leases(job) == {chunk: "worker-1"}
    ledger.heartbeat("worker-1", "encode", ledger.chunks.held())
    assert ledger.recovery.recover_job(job, 30, queue_empty=False) == (False, [chunk])


def test_a_release_that_is_repeated_ends_no_later_lease(ledger: Ledger) -> None:
    job, chunk = ledger.scanned()
    first = ledger.chunks.claim(job, chunk)
    assert first is not None
    ledger.chunks.release(job, chunk, first.token)
    second = ledger.chunks.claim(job, chunk)
    assert second is not None
    ledger.chunks.release(job, chunk, first.token)
    assert ledger.recovery.leases(job) == {chunk: "worker-1"}
    assert second.attempt == 1
