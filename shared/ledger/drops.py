"""Collections that are being dropped: noted before, so that another process can finish it."""

import json
import time
from collections.abc import Mapping

from shared.domain.renaming import collection_busy
from shared.ledger import keys, scripts
from shared.redis import RedisClient

#: Seconds that a drop has before another gateway finishes it.
_PATIENCE_SECONDS = 30.0
_TAKEN_SECONDS = 120


class Drops:
    """The drops that have begun and not ended, by collection: the generation that is dropped."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._begin = redis.register_script(scripts.BEGIN_DROP)

    def begin(self, collection: str, generation: str) -> None:
        """Note a drop. Raises Conflict `collection_busy` while the collection is renamed."""
        args = [collection, json.dumps([generation, time.time()])]
        if not self._begin(keys=[keys.DROPS, keys.RENAMINGS], args=args):
            raise collection_busy("It is being renamed.")

    def end(self, collection: str) -> None:
        self._redis.hdel(keys.DROPS, collection)

    def take_interrupted(self) -> Mapping[str, str]:
        """The drops that began half a minute ago or earlier, for this caller alone to finish."""
        found = {name.decode(): json.loads(raw) for name, raw in self._all().items()}
        old = time.time() - _PATIENCE_SECONDS
        return {
            name: generation
            for name, (generation, since) in found.items()
            if since < old
            and self._redis.set(f"{keys.DROPS}:{name}", 1, nx=True, ex=_TAKEN_SECONDS)
        }

    def _all(self) -> Mapping[bytes, bytes]:
        drops: Mapping[bytes, bytes] = self._redis.hgetall(keys.DROPS)
        return drops
