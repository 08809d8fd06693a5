"""Counters over all jobs, which the metrics page shows; they grow with each chunk's report."""

from shared.ledger import keys
from shared.redis import RedisClient


class Stats:
    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    def read(self) -> dict[str, float]:
        """`images:indexed|unchanged|duplicates|failed`, `encode_seconds`, `encoded_bytes`."""
        raw = self._redis.hgetall(keys.STATS)
        return {key.decode(): float(value) for key, value in raw.items()}
