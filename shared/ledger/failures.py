"""A job's failures: the newest as they were reported, the older ones compressed in blocks."""

import zlib
from collections.abc import Sequence

from shared.domain.job import Failure
from shared.ledger import keys, scripts
from shared.redis import RedisClient

#: Failures of a block. Their JSON is more than zlib's window of 32 KiB looks back over, so larger
#: blocks would hardly be smaller.
BLOCK = 256


class FailureLists:
    """The failures of all jobs, each list in the order in which they were reported."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._read = redis.register_script(scripts.READ_FAILURES)
        self._pack = redis.register_script(scripts.PACK_FAILURES)

    def read(self, job_id: str, start: int, limit: int) -> list[Failure]:
        """Up to `limit` failures from index `start` on."""
        blocks, rest = self._read(keys=keys.for_job(job_id), args=[start, start + limit - 1, BLOCK])
        rows = [row for block in blocks for row in zlib.decompress(block).split(b"\n")]
        if blocks:
            rows = rows[start % BLOCK :]
        return [Failure.model_validate_json(row) for row in [*rows, *rest][:limit]]

    def pack(self, job_id: str) -> None:
        """Compress what fills whole blocks.

        A failure of 185 bytes takes about 28 then. To be called now and then for an active job and
        once it has ended; calls at the same time do no harm.
        """
        plain, packed = keys.job(job_id, "failures"), keys.job(job_id, "failure_blocks")
        while True:
            # Counted first: if another packs meanwhile, the script refuses this block.
            count = self._redis.llen(packed)
            rows: Sequence[bytes] = self._redis.lrange(plain, 0, BLOCK - 1)
            if len(rows) < BLOCK:
                return
            block = zlib.compress(b"\n".join(rows), level=9)
            self._pack(keys=keys.for_job(job_id), args=[count, BLOCK, block])
