"""Keys of Redis that nothing will ever delete."""

import re

from shared.redis import RedisClient

#: What stands for good, or is deleted with its collection.
_LASTING = re.compile(
    r"lookalike:(jobs|jobs:directory|jobs:changes|workers|encoder|stats|claimed"
    r"|collection:\w+:(jobs|filesystems|calibration|duplicates(:\w+){0,2}))|_kombu\.binding.*"
)


def orphans(redis: RedisClient) -> list[str]:
    """Keys that should not be there once every job has ended and every message was taken."""
    found = []
    for raw in redis.scan_iter(count=1000):
        name = raw.decode()
        if _LASTING.fullmatch(name) is None and redis.ttl(raw) == -1:
            found.append(name)
    return sorted(found)
