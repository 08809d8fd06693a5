"""Whether Redis, Milvus and a query encoder answer."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, NamedTuple

from shared.errors import LookalikeError, NotFound
from shared.ledger import Workers
from shared.queue import QUERY
from shared.redis import RedisClient
from shared.store import Collections

#: Seconds; a part whose last answer is older is not ready.
FRESH_SECONDS = 15.0
#: How long one check waits for a part.
_PROBE_SECONDS = 4.0
#: How long the answer of a check is given to others.
_CACHE_SECONDS = 1.0

Part = Literal["redis", "milvus", "encoder"]


class PartState(NamedTuple):
    """Whether a part answers, and the seconds since it last did; None if it never did."""

    ok: bool
    age: float | None


class ReadinessProbe:
    """Asks each part, and keeps the time of its last answer.

    It needs no thread of the pool that calls run in, which may all wait for a store that hangs.
    """

    def __init__(
        self, redis: RedisClient, workers: Workers, collections: Collections, collection: str
    ) -> None:
        self._redis = redis
        self._workers = workers
        self._collections = collections
        self._collection = collection
        self._answered: dict[Part, float] = {}
        self._probes: dict[Part, Callable[[], float | None]] = {
            "redis": self._ask_redis,
            "milvus": self._ask_milvus,
            "encoder": self._encoder_seen_at,
        }
        # A pool for each part: a part that hangs blocks only its own checks.
        self._threads = {
            part: ThreadPoolExecutor(max_workers=2, thread_name_prefix=f"probe-{part}")
            for part in self._probes
        }
        self._checking = asyncio.Lock()
        self._checked_at = -_CACHE_SECONDS
        self._states: dict[Part, PartState] = {}

    async def check(self) -> dict[Part, PartState]:
        """Ask Redis, Milvus and the query encoders, all at once.

        Checks at the same time, or within a second of one, have its answer.
        """
        async with self._checking:
            if time.monotonic() - self._checked_at >= _CACHE_SECONDS:
                self._states = await self._ask_all()
                self._checked_at = time.monotonic()
            return self._states

    def close(self) -> None:
        """Shut the threads down without waiting for probes that hang."""
        for threads in self._threads.values():
            threads.shutdown(wait=False, cancel_futures=True)

    async def _ask_all(self) -> dict[Part, PartState]:
        running = {
            part: asyncio.wrap_future(self._threads[part].submit(probe))
            for part, probe in self._probes.items()
        }
        await asyncio.wait(running.values(), timeout=_PROBE_SECONDS)
        return {part: self._state(part, _answer(probe)) for part, probe in running.items()}

    def _state(self, part: Part, answered: float | None) -> PartState:
        if answered is not None:
            self._answered[part] = answered
        last = self._answered.get(part)
        age = None if last is None else max(0.0, time.time() - last)
        return PartState(answered is not None and age is not None and age <= FRESH_SECONDS, age)

    def _ask_redis(self) -> float:
        self._redis.ping()
        return time.time()

    def _ask_milvus(self) -> float:
        # NotFound is an answer too.
        with contextlib.suppress(NotFound):
            self._collections.identity(self._collection)
        return time.time()

    def _encoder_seen_at(self) -> float | None:
        """The time of the newest heartbeat of a query encoder; None if none is alive."""
        ages = [w.age for w in self._workers.list_alive() if w.queue == QUERY]
        return time.time() - min(ages) if ages else None


def _answer(probe: asyncio.Future[float | None]) -> float | None:
    """What a probe found; None where it found nothing, failed, or has not ended."""
    if not probe.done():
        probe.cancel()
        return None
    try:
        return probe.result()
    except LookalikeError:
        return None
