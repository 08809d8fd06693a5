"""The file systems that a collection's directories were on when they were last loaded."""

from collections.abc import Iterable, Mapping

from shared.ledger import keys
from shared.redis import RedisClient
from shared.retry import Retriable, repeatable


class Filesystems(Retriable):
    """Uris of directories, and what `shared.files.filesystems.filesystem_of` said of each."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    @repeatable
    def recorded(self, collection: str) -> Mapping[str, str]:
        """All that is recorded of a collection."""
        raw = self._redis.hgetall(keys.filesystems(collection))
        return {uri.decode(): found.decode() for uri, found in raw.items()}

    @repeatable
    def record(self, collection: str, found: Mapping[str, str], stale: Iterable[str]) -> None:
        """Record what a load found, and drop what is no mount point any more."""
        key, dropped = keys.filesystems(collection), list(stale)
        with self._redis.pipeline(transaction=True) as pipe:
            if dropped:
                pipe.hdel(key, *dropped)
            if found:
                pipe.hset(key, mapping=dict(found))
            pipe.execute()
