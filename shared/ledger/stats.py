"""Counters over all jobs, which the metrics page shows; they grow with each chunk's report."""

from shared.ledger import keys
from shared.redis import RedisClient


class Stats:
    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    def read(self) -> dict[str, float]:
        """`images:indexed|unchanged|duplicates|failed`, `encode_seconds`, `encoded_bytes`,
        `jobs:done|failed|cancelled`.
        """
        raw = self._redis.hgetall(keys.STATS)
        return {key.decode(): float(value) for key, value in raw.items()}

    def memory(self) -> tuple[int, int]:
        """The bytes that Redis uses, and its `maxmemory`, 0 where it has none."""
        info = self._redis.info("memory")
        return int(info["used_memory"]), int(info["maxmemory"])
