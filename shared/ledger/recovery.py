"""What dead or slow processes hold of a job, and how it is taken from them."""

from collections.abc import Sequence

from shared.ledger import keys, scripts
from shared.redis import RedisClient


class JobRecovery:
    """Scans and chunks whose owner is not alive, as the indexer process `indexer_id` sees them."""

    def __init__(self, redis: RedisClient, indexer_id: str) -> None:
        self._redis = redis
        self._indexer = indexer_id
        self._recover = redis.register_script(scripts.RECOVER_JOB)
        self._revoke = redis.register_script(scripts.REVOKE_LEASE)

    def owned(self, job_ids: Sequence[str]) -> Sequence[str]:
        """The jobs that the ledger holds this indexer to be scanning."""
        with self._redis.pipeline(transaction=False) as pipe:
            for job_id in job_ids:
                pipe.hget(keys.job(job_id), "scan_owner")
            owners = pipe.execute(raise_on_error=False)
        mine = self._indexer.encode()
        return [job_id for job_id, owner in zip(job_ids, owners, strict=True) if owner == mine]

    def recover_job(
        self, job_id: str, stale_seconds: float, queue_empty: bool
    ) -> tuple[bool, Sequence[str]]:
        """Free what a dead process held; returns (send the scan again, chunks to send again)."""
        args = [stale_seconds, "1" if queue_empty else "0"]
        reply = self._recover(keys=keys.for_job(job_id), args=args)
        return bool(reply[0]), [chunk.decode() for chunk in reply[1:]]

    def leases(self, job_id: str) -> dict[str, str]:
        """The chunks in work, and the worker that holds each."""
        leases = self._redis.hgetall(keys.job(job_id, "leases"))
        return {chunk.decode(): lease.decode().split()[0] for chunk, lease in leases.items()}

    def revoke_lease(self, job_id: str, chunk_id: str, worker_id: str) -> bool:
        """End the lease of a live worker, which goes on, so that another may lease the chunk.

        Its next attempt counts as one after a lost worker. Only a first attempt is taken back.
        """
        return bool(self._revoke(keys=keys.for_job(job_id), args=[chunk_id, worker_id]))

    def try_acquire_leadership(self, seconds: float) -> bool:
        """Whether this indexer may recover jobs: one of all does at a time."""
        taken = self._redis.set(
            keys.RECOVERY_LOCK, self._indexer, nx=True, px=max(1, int(seconds * 1000))
        )
        return bool(taken)
