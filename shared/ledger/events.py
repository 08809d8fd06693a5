"""That something happened in a job: a capped Redis stream that its followers watch.

It says that the job's counts changed, and that the job ended; the failures are read from the job.
"""

import time
from typing import Any

from shared.ledger import keys
from shared.redis import AsyncRedisClient, RedisClient

#: Longest single XREAD; it must end before the connection's own time-out.
_BLOCK_SECONDS = 5.0


class Events:
    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    def last_id(self, job_id: str) -> str:
        """The id of the newest event, `0-0` before the first."""
        newest = self._redis.xrevrange(keys.job(job_id, "events"), count=1)
        return newest[0][0].decode() if newest else "0-0"


class AsyncEvents:
    """The same events for asyncio, where waiting for one holds no thread."""

    def __init__(self, redis: AsyncRedisClient) -> None:
        self._redis = redis

    async def await_end(self, job_id: str, seconds: float) -> bool:
        """Wait for a job's `end`; False when `seconds` went by without one.

        Also False when a job that is gone, and whose events are gone with it, has none to come.
        """
        key, after = keys.job(job_id, "events"), "0-0"
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            # XREAD takes 0 milliseconds for "for ever".
            block = max(1, int(min(left, _BLOCK_SECONDS) * 1000))
            found: Any = await self._redis.xread({key: after}, block=block)
            if found:
                ((_, rows),) = found.items() if isinstance(found, dict) else found
                if any(fields[b"kind"] == b"end" for _, fields in rows):
                    return True
                after = rows[-1][0]
            elif not await self._redis.exists(keys.job(job_id)):
                return False
        return False
