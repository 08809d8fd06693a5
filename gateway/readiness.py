"""Whether the parts that Lookalike needs answer."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, NamedTuple

from redis.exceptions import RedisError

from indexer.collections import Collections
from shared.errors import LookalikeError
from shared.ledger import Workers
from shared.queues import QUERY
from shared.redis_client import RedisClient

#: An answer older than this says nothing about now.
FRESH_SECONDS = 15.0
#: How long a check waits for a part before it counts as away.
_PROBE_SECONDS = 4.0

Part = Literal["redis", "milvus", "encoder"]


class PartState(NamedTuple):
    """Whether a part answered just now, and the seconds since it last did, None before that."""

    ok: bool
    age: float | None


class Readiness:
    """Asks each part, and remembers when it last answered."""

    def __init__(self, redis: RedisClient, workers: Workers, collections: Collections) -> None:
        self._redis = redis
        self._workers = workers
        self._collections = collections
        self._answered: dict[Part, float] = {}
        # Threads of their own: a part that hangs must not hold those that answer requests.
        self._threads = ThreadPoolExecutor(max_workers=6, thread_name_prefix="probe")

    def check(self) -> dict[Part, PartState]:
        """Ask Redis, Milvus and the query encoders, all at once."""
        begun = time.time()
        probes: dict[Part, Callable[[], float | None]] = {
            "redis": self._ask_redis,
            "milvus": self._ask_milvus,
            "encoder": self._encoder_seen_at,
        }
        running = {part: self._threads.submit(probe) for part, probe in probes.items()}
        states: dict[Part, PartState] = {}
        for part, future in running.items():
            try:
                left = max(0.0, begun + _PROBE_SECONDS - time.time())
                answered = future.result(timeout=left)
            except (RedisError, LookalikeError, TimeoutError):
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
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ask_redis(self) -> float:
        self._redis.ping()
        return time.time()

    def _ask_milvus(self) -> float:
        self._collections.names()
        return time.time()

    def _encoder_seen_at(self) -> float | None:
        """When a query encoder last spoke: without one nothing can be searched."""
        seen = [w.seen_at for w in self._workers.living() if w.queue == QUERY]
        return max(seen, default=None)
