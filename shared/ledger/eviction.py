"""Whether Redis may evict keys: the ledger's are all that is known of a job's files."""

from redis.exceptions import ResponseError

from shared.errors import Unavailable
from shared.log import get_logger
from shared.redis import RedisClient

_log = get_logger(__name__)


class EvictionEnabled(Exception):
    """Redis is set up to delete keys when its memory is full; the message names the remedy."""


def require_noeviction(redis: RedisClient) -> None:
    """Raise EvictionEnabled for a Redis that may evict; log a warning for one without maxmemory.

    A Redis that does not answer, or may not be asked, is taken as it is, with a warning.
    """
    try:
        memory = redis.info("memory")
    except (Unavailable, ResponseError) as error:
        _log.warning("eviction_not_checked", error=str(error.__cause__ or error))
        return
    policy = memory.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise EvictionEnabled(
            f"Redis evicts keys when its memory is full (maxmemory-policy {policy}), and pictures "
            "that wait to be loaded would be lost without a word. Set it to noeviction."
        )
    if not memory.get("maxmemory"):
        _log.warning("maxmemory_not_set", effect="Redis may grow until the system ends it")
