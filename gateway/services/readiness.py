"""Whether the parts that Lookalike needs answer."""

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
        # Threads of their own, so that a part that hangs holds up nothing but its own check.
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
        """Let the threads go."""
        for threads in self._threads.values():
            threads.shutdown(wait=False, cancel_futures=True)

    def _ask_redis(self) -> float:
        self._redis.ping()
        return time.time()

    def _ask_milvus(self) -> float:
        # Any collection will do: that there is none of this name is an answer, too.
        with contextlib.suppress(NotFound):
            self._collections.identity(self._collection)
        return time.time()

    def _encoder_seen_at(self) -> float | None:
        """When a query encoder last spoke: without one nothing can be searched."""
        seen = [w.seen_at for w in self._workers.list_alive() if w.queue == QUERY]
        return max(seen, default=None)
