"""How many requests a key may send in a minute, counted in Redis for all gateways."""

import math
import time

from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from shared.domain.api_key import ApiKey
from shared.errors import LookalikeError
from shared.ledger.keys import RATE_LIMITS
from shared.redis import AsyncRedisClient, outages_as_unavailable


class RateLimited(LookalikeError):
    """A key has sent more requests in a minute than it may: `rate_limited`."""

    status = 429
    title = "Too many requests"


class RateLimits:
    """A sliding window: the last minute counts, and not the minute of the clock.

    Its two counters for each key expire by Redis's own clock, whatever the gateways' are.
    """

    def __init__(self, storage: Storage) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(storage)

    @classmethod
    def in_redis(cls, redis: AsyncRedisClient) -> "RateLimits":
        """Limits over the connections of a client that exists."""
        pool = redis.connection_pool
        storage = RedisStorage(
            "async+redis://", implementation="redispy", key_prefix=RATE_LIMITS, connection_pool=pool
        )
        return cls(storage)

    async def count(self, key: ApiKey) -> None:
        """Count a request. Raises RateLimited `rate_limited`, Unavailable while Redis is away."""
        if key.rate_per_minute is None:
            return
        limit = RateLimitItemPerMinute(key.rate_per_minute)
        with outages_as_unavailable():
            if await self._limiter.hit(limit, key.id):
                return
            window = await self._limiter.get_window_stats(limit, key.id)
        raise RateLimited(
            "rate_limited",
            f"This key may send {key.rate_per_minute} requests in a minute.",
            retry_after=max(1, math.ceil(window.reset_time - time.time())),
        )
