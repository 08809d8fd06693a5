"""Waiting for a job's end."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from shared.domain.chunk import ChunkOutcome
from shared.ledger import AsyncEvents
from shared.redis import connect_async
from shared.settings import Settings
from tests.integration.shared.ledger.ledger import FILES, Ledger, failure


@pytest.fixture
async def events(settings: Settings) -> AsyncIterator[AsyncEvents]:
    redis = connect_async(settings)
    yield AsyncEvents(redis)
    await redis.aclose()


async def test_the_end_wakes_who_waits_for_it(ledger: Ledger, events: AsyncEvents) -> None:
    job, chunk = ledger.scanned()
    waiting = asyncio.create_task(events.await_end(job, 20))
    await asyncio.sleep(0.1)
    assert not waiting.done()

    begun = time.monotonic()
    outcome = ChunkOutcome(indexed=3, failures=(failure(FILES[0]),))
    ledger.chunks.claim(job, chunk)
    await asyncio.to_thread(ledger.chunks.complete, job, chunk, outcome)

    assert await waiting
    assert time.monotonic() - begun < 2


async def test_a_job_that_has_ended_is_not_waited_for(ledger: Ledger, events: AsyncEvents) -> None:
    job = ledger.create()
    ledger.jobs.cancel(job)

    assert await events.await_end(job, 0.2)


async def test_a_wait_has_an_end_of_its_own(ledger: Ledger, events: AsyncEvents) -> None:
    job, _ = ledger.scanned()
    begun = time.monotonic()

    assert not await events.await_end(job, 0.3)
    assert 0.2 < time.monotonic() - begun < 2


async def test_a_job_that_is_gone_has_no_end_to_come(
    ledger: Ledger, events: AsyncEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.ledger.events._BLOCK_SECONDS", 0.1)
    begun = time.monotonic()

    assert not await events.await_end("0" * 32, 20)
    assert time.monotonic() - begun < 2
