"""Sends tasks to the queues."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from celery import Celery
from kombu import Producer

# The stubs are older than batches.
from kombu.exceptions import BatchPublishError, OperationalError  # type: ignore[attr-defined]
from redis.exceptions import RedisError

from shared.queue.routing import (
    ENCODE,
    ENCODE_TASK,
    PRIORITY_STEPS,
    SCAN,
    SCAN_TASK,
)
from shared.redis import outage
from shared.retry import Retriable, repeatable


class Dispatcher(Retriable):
    """Sends tasks by name. A message may be lost or repeated: the ledger holds the work.

    Methods raise Unavailable as clients of `shared.redis` do.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app

    def send_scan(self, job_id: str) -> None:
        """Ask an indexer to scan a job's source."""
        self._send(SCAN_TASK, (job_id,), SCAN, PRIORITY_STEPS[0])

    @repeatable
    def send_chunks(self, job_id: str, chunk_ids: Iterable[str], priority: int) -> None:
        """Ask encoders to work on chunks, in one batch of messages.

        If Redis fails in between, a repeated call sends some of the messages twice.
        """
        acquire = self._app.producer_or_acquire
        with _outages_as_unavailable(), acquire() as producer, producer.batch():
            for chunk_id in chunk_ids:
                self._send(ENCODE_TASK, (job_id, chunk_id), ENCODE, priority, producer)

    def depth(self, queue: str) -> int:
        """The number of waiting messages in a queue, of all priorities."""
        with _outages_as_unavailable(), self._app.connection_or_acquire() as connection:
            # Not passive: to kombu an empty Redis queue is one that does not exist.
            declared = connection.default_channel.queue_declare(queue)
            return int(declared.message_count)

    def _send(
        self,
        task: str,
        args: tuple[object, ...],
        queue: str,
        priority: int,
        producer: Producer | None = None,
    ) -> None:
        with _outages_as_unavailable():
            self._app.send_task(
                task, args=args, queue=queue, priority=priority, retry=False, producer=producer
            )


@contextmanager
def _outages_as_unavailable() -> Iterator[None]:
    # kombu wraps only some of the errors that its Redis client raises.
    try:
        yield
    except (OperationalError, BatchPublishError, RedisError, OSError) as error:
        raise outage(error) from error
