"""The queues, the tasks' names, and the only door through which messages are sent."""

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from shared.errors import Unavailable
from shared.messages import Query
from shared.redis_client import RedisClient

SCAN = "scan"
ENCODE = "encode"
QUERY = "query"
QUEUES = (SCAN, ENCODE, QUERY)

SCAN_TASK = "indexer.scan"
ENCODE_TASK = "encoder.encode_chunk"
QUERY_TASK = "encoder.encode_query"

#: Kombu keeps one Redis list per step; uploads go to the first, bulk loads to the second.
PRIORITY_STEPS = (0, 5)
_PRIORITY_SEPARATOR = "\x06\x16"


class Dispatcher:
    """Sends tasks by name. A message is a hint only: the ledger holds what is to be done."""

    def __init__(self, app: Celery, redis: RedisClient) -> None:
        self._app = app
        self._redis = redis

    def send_scan(self, job_id: str) -> None:
        """Ask an indexer to scan a job's source."""
        self._send(SCAN_TASK, (job_id,), SCAN, PRIORITY_STEPS[0])

    def send_chunk(self, job_id: str, chunk_id: str, priority: int) -> None:
        """Ask an encoder to work on a chunk."""
        self._send(ENCODE_TASK, (job_id, chunk_id), ENCODE, priority)

    def send_query(self, query: Query) -> None:
        """Ask a query encoder for one vector."""
        self._send(QUERY_TASK, (query.model_dump(mode="json"),), QUERY, PRIORITY_STEPS[0])

    def depth(self, queue: str) -> int:
        """Messages waiting in a queue, all priorities together."""
        keys = [queue if p == 0 else f"{queue}{_PRIORITY_SEPARATOR}{p}" for p in PRIORITY_STEPS]
        try:
            return sum(int(self._redis.llen(key)) for key in keys)
        except RedisError as error:
            raise redis_unavailable() from error

    def _send(self, task: str, args: tuple[object, ...], queue: str, priority: int) -> None:
        try:
            self._app.send_task(task, args=args, queue=queue, priority=priority, retry=False)
        except (OperationalError, RedisError, OSError) as error:
            raise redis_unavailable() from error


def redis_unavailable() -> Unavailable:
    return Unavailable(
        "redis_unavailable", "Redis does not answer. Nothing was lost; try again in a few seconds."
    )
