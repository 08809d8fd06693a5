"""Idle encoders get the chunks of a slow one; results of both are counted once."""

import time

import pytest

from indexer.recovery.speculation import SpeculativeExecution
from shared.domain.chunk import ChunkOutcome
from shared.domain.worker import WorkerInfo
from shared.ledger import Chunks, keys
from shared.queue import ENCODE
from tests.chunks import BULK_KEY, sent_chunks
from tests.integration.indexer.loads import WEIGHTS, Loads


@pytest.fixture
def speculation(loads: Loads) -> SpeculativeExecution:
    return SpeculativeExecution(loads.indexer().stores)


def _encoder(loads: Loads, name: str) -> Chunks:
    info = WorkerInfo(id=name, name=name, queue=ENCODE, weights=WEIGHTS, started_at=time.time())
    loads.indexers[0].workers.heartbeat(info)
    return Chunks(loads.redis, name)


def _scanned(loads: Loads, files: int) -> tuple[str, list[str]]:
    """A job of two files a chunk whose messages are all taken."""
    loads.put(*(f"{n}.jpg" for n in range(files)))
    job = loads.job()
    loads.indexers[0].scan(job)
    return job, _taken(loads)


def _taken(loads: Loads) -> list[str]:
    """Empty the queue; the chunks that were sent."""
    chunks = sent_chunks(loads.redis)
    loads.redis.delete(BULK_KEY)
    return chunks


def test_what_a_slow_encoder_holds_goes_to_an_idle_one_too(
    loads: Loads, speculation: SpeculativeExecution
) -> None:
    slow = _encoder(loads, "slow")
    job, chunks = _scanned(loads, 4)
    assert len(chunks) == 2
    for chunk in chunks:
        assert slow.claim(job, chunk)
    fast = _encoder(loads, "fast")
    speculation.run_once([job])
    assert _taken(loads) == []  # They may have been taken just now.
    speculation.run_once([job])
    (given,) = _taken(loads)
    claim = fast.claim(job, given)
    assert claim is not None
    assert claim.attempt == 2
    done = ChunkOutcome(indexed=len(claim.files))
    assert fast.complete(job, given, done)
    assert not slow.complete(job, given, done)
    for chunk in set(chunks) - {given}:
        assert slow.complete(job, chunk, ChunkOutcome(indexed=2))
    ended = loads.jobs.get(job)
    assert (ended.status, ended.indexed, ended.total) == ("done", 4, 4)


def test_the_slow_one_may_still_be_the_first(
    loads: Loads, speculation: SpeculativeExecution
) -> None:
    slow, fast = _encoder(loads, "slow"), _encoder(loads, "fast")
    job, (chunk,) = _scanned(loads, 2)
    assert slow.claim(job, chunk)
    speculation.run_once([job])
    speculation.run_once([job])
    assert _taken(loads) == [chunk]
    assert fast.claim(job, chunk)
    assert slow.complete(job, chunk, ChunkOutcome(indexed=2))
    assert not fast.complete(job, chunk, ChunkOutcome(indexed=2))
    assert loads.jobs.get(job).indexed == 2


def test_a_chunk_is_given_away_once(loads: Loads, speculation: SpeculativeExecution) -> None:
    slow, fast = _encoder(loads, "slow"), _encoder(loads, "fast")
    _encoder(loads, "idle")
    job, (chunk,) = _scanned(loads, 2)
    assert slow.claim(job, chunk)
    for _ in range(2):
        speculation.run_once([job])
    assert _taken(loads) == [chunk]
    assert fast.claim(job, chunk)
    for _ in range(3):
        speculation.run_once([job])
    assert _taken(loads) == []


def test_nobody_idle_nothing_given(loads: Loads, speculation: SpeculativeExecution) -> None:
    one, other = _encoder(loads, "one"), _encoder(loads, "other")
    job, chunks = _scanned(loads, 4)
    assert one.claim(job, chunks[0])
    assert other.claim(job, chunks[1])
    for _ in range(3):
        speculation.run_once([job])
    assert _taken(loads) == []


@pytest.mark.parametrize("how", ["pause", "cancel", "gone"])
def test_a_job_that_does_not_want_it_gives_nothing(
    how: str, loads: Loads, speculation: SpeculativeExecution
) -> None:
    slow = _encoder(loads, "slow")
    _encoder(loads, "fast")
    job, (chunk,) = _scanned(loads, 2)
    assert slow.claim(job, chunk)
    speculation.run_once([job])
    if how == "gone":
        loads.redis.delete(keys.job(job))
    else:
        getattr(loads.jobs, how)(job)
    speculation.run_once([job])
    assert _taken(loads) == []
