"""The registry of processes: a heartbeat renews an entry, which expires without one."""

import json
from collections import Counter
from collections.abc import Sequence

from shared.domain.worker import HeldLeases, WorkerInfo
from shared.ledger import keys, scripts
from shared.redis import RedisClient, seconds
from shared.retry import Retriable, repeatable
from shared.settings import Settings

_NOTHING_HELD = HeldLeases()


class Workers(Retriable):
    """The registry of indexers and encoders."""

    def __init__(self, redis: RedisClient, settings: Settings) -> None:
        self._redis = redis
        self._lease = settings.lease_seconds
        self._heartbeat = redis.register_script(scripts.HEARTBEAT)

    def heartbeat(self, worker: WorkerInfo, held: HeldLeases = _NOTHING_HELD) -> int:
        """Register a process for the next `lease_seconds`, for which its leases stay valid.

        Returns how many of its leases Redis had lost; it has them again, unless the chunk is
        another live worker's now.
        """
        args = [
            worker.id,
            worker.model_dump_json(),
            int(self._lease * 1000),
            worker.weights,
            held.last,
            " ".join(held.tokens),
            json.dumps([lease.model_dump() for lease in held.leases]),
        ]
        return int(self._heartbeat(keys=[keys.WORKER + worker.id, keys.PREFIX], args=args))

    def deregister(self, worker_id: str) -> None:
        """Remove a process at once, so that the chunks it still holds are sent again."""
        self._redis.delete(keys.WORKER + worker_id)
        self._redis.srem(keys.WORKERS, worker_id)

    def list_alive(self) -> Sequence[WorkerInfo]:
        """The processes whose last heartbeat is within `lease_seconds`, by queue and name."""
        ids = list(self._redis.smembers(keys.WORKERS))
        if not ids:
            return []
        with self._redis.pipeline(transaction=False) as pipe:
            for worker_id in ids:
                pipe.hmget(keys.WORKER.encode() + worker_id, "info", "seen_at")
            pipe.time()
            *rows, time = pipe.execute()
        now = seconds(time)
        gone = [worker_id for worker_id, row in zip(ids, rows, strict=True) if row[0] is None]
        if gone:
            self._redis.srem(keys.WORKERS, *gone)
        found = [_to_worker(info, seen, now) for info, seen in rows if info is not None]
        return sorted(found, key=lambda w: (w.queue, w.name))

    @repeatable
    def encoder_weights(self, queue: str) -> Sequence[str]:
        """The weights that the live encoders of a queue run with, those of most of them first.

        Where none is alive, those of the last one; none before the first.
        """
        alive = Counter(w.weights for w in self.list_alive() if w.queue == queue and w.weights)
        if alive:
            return sorted(alive, key=lambda weights: (-alive[weights], weights))
        last = self.last_encoder()
        return [last.weights] if last else []

    @repeatable
    def last_encoder(self) -> WorkerInfo | None:
        """The encoder of the last heartbeat, alive or not: `weights` names the vectors it makes."""
        row = self._redis.get(keys.ENCODER)
        return WorkerInfo.model_validate_json(row) if row else None


def _to_worker(info: bytes, seen_at: bytes, now: float) -> WorkerInfo:
    seen = float(seen_at)
    found = WorkerInfo.model_validate_json(info)
    return found.model_copy(update={"seen_at": seen, "age": max(0.0, now - seen)})
