"""Whether Redis, Milvus and a query encoder answer."""

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

Part = Literal["redis", "milvus", "encoder"]


class PartState(NamedTuple):
    """Whether a part answers, and the seconds since it last did; None if it never did."""

    ok: bool
    age: float | None


class ReadinessProbe:
    """Asks each part, and keeps the time of its last answer."""

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

    def check(self) -> dict[Part, PartState]:
        """Ask Redis, Milvus and the query encoders, all at once."""
        begun = time.time()
        running = {part: self._threads[part].submit(probe) for part, probe in self._probes.items()}
        states: dict[Part, PartState] = {}
        for part, future in running.items():
            try:
                left = max(0.0, begun + _PROBE_SECONDS - time.time())
                answered = future.result(timeout=left)
            except (LookalikeError, TimeoutError):
                future.cancel()
                answered = None
            if answered is not None:
                self._answered[part] = answered
            last = self._answered.get(part)
            age = None if last is None else max(0.0, time.time() - last)
            ok = answered is not None and age is not None and age <= FRESH_SECONDS
            states[part] = PartState(ok, age)
        return states

    def close(self) -> None:
        """Shut the threads down without waiting for probes that hang."""
        for threads in self._threads.values():
            threads.shutdown(wait=False, cancel_futures=True)

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
