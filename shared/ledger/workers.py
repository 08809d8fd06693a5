"""The registry of processes: a heartbeat renews an entry, which expires without one."""

import time
from collections.abc import Sequence

from shared.domain.worker import WorkerInfo
from shared.ledger import keys
from shared.redis import RedisClient
from shared.retry import Retriable, repeatable
from shared.settings import Settings


class Workers(Retriable):
    """The registry of indexers and encoders."""

    def __init__(self, redis: RedisClient, settings: Settings) -> None:
        self._redis = redis
        self._lease = settings.lease_seconds

    def heartbeat(self, worker: WorkerInfo) -> None:
        """Register a process for the next `lease_seconds`, for which its leases stay valid."""
        worker = worker.model_copy(update={"seen_at": time.time()})
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.set(keys.WORKER + worker.id, worker.model_dump_json(), px=int(self._lease * 1000))
            pipe.sadd(keys.WORKERS, worker.id)
            if worker.weights:
                pipe.set(keys.ENCODER, worker.model_dump_json())
            pipe.execute()

    def deregister(self, worker_id: str) -> None:
        """Remove a process at once, so that the chunks it still holds are sent again."""
        self._redis.delete(keys.WORKER + worker_id)
        self._redis.srem(keys.WORKERS, worker_id)

    def list_alive(self) -> Sequence[WorkerInfo]:
        """The processes whose last heartbeat is within `lease_seconds`, by queue and name."""
        ids = list(self._redis.smembers(keys.WORKERS))
        if not ids:
            return []
        rows = self._redis.mget([keys.WORKER.encode() + worker_id for worker_id in ids])
        gone = [worker_id for worker_id, row in zip(ids, rows, strict=True) if row is None]
        if gone:
            self._redis.srem(keys.WORKERS, *gone)
        found = [WorkerInfo.model_validate_json(row) for row in rows if row is not None]
        return sorted(found, key=lambda w: (w.queue, w.name))

    @repeatable
    def last_encoder(self) -> WorkerInfo | None:
        """The encoder of the last heartbeat, alive or not: `weights` names the vectors it makes."""
        row = self._redis.get(keys.ENCODER)
        return WorkerInfo.model_validate_json(row) if row else None
