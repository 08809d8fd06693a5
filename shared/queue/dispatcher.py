"""The queues, the tasks' names, and the only door through which messages are sent."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from celery import Celery
from kombu import Producer

# The stubs are older than batches.
from kombu.exceptions import BatchPublishError, OperationalError  # type: ignore[attr-defined]
from redis.exceptions import RedisError

from shared.domain.query import Query
from shared.errors import redis_unavailable
from shared.queue.routing import (
    ENCODE,
    ENCODE_TASK,
    PRIORITY_STEPS,
    QUERY,
    QUERY_TASK,
    SCAN,
    SCAN_TASK,
)
from shared.redis import RedisClient

_PRIORITY_SEPARATOR = "\x06\x16"


class Dispatcher:
    """Sends tasks by name. A message is a hint only: the ledger holds what is to be done."""

    def __init__(self, app: Celery, redis: RedisClient) -> None:
        self._app = app
        self._redis = redis

    def send_scan(self, job_id: str) -> None:
        """Ask an indexer to scan a job's source."""
        self._send(SCAN_TASK, (job_id,), SCAN, PRIORITY_STEPS[0])

    def send_chunks(self, job_id: str, chunk_ids: Iterable[str], priority: int) -> None:
        """Ask encoders to work on chunks; all messages go out together.

        When Redis fails on the way some may have gone, so that a repeated call sends them twice.
        """
        with _redis_asked(), self._app.producer_or_acquire() as producer, producer.batch():
            for chunk_id in chunk_ids:
                self._send(ENCODE_TASK, (job_id, chunk_id), ENCODE, priority, producer)

    def send_query(self, query: Query) -> None:
        """Ask a query encoder for one vector."""
        self._send(QUERY_TASK, (query.model_dump(mode="json"),), QUERY, PRIORITY_STEPS[0])

    def depth(self, queue: str) -> int:
        """Messages waiting in a queue, all priorities together."""
        keys = [queue if p == 0 else f"{queue}{_PRIORITY_SEPARATOR}{p}" for p in PRIORITY_STEPS]
        with _redis_asked(), self._redis.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.llen(key)
            return sum(map(int, pipe.execute()))

    def _send(
        self,
        task: str,
        args: tuple[object, ...],
        queue: str,
        priority: int,
        producer: Producer | None = None,
    ) -> None:
        with _redis_asked():
            self._app.send_task(
                task, args=args, queue=queue, priority=priority, retry=False, producer=producer
            )


@contextmanager
def _redis_asked() -> Iterator[None]:
    try:
        yield
    except (OperationalError, BatchPublishError, RedisError, OSError) as error:
        raise redis_unavailable() from error
