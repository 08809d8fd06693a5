"""Connections to Redis that outlive a restart of it."""

from typing import Any, TypeAlias

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialBackoff
from redis.exceptions import (
    BusyLoadingError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from shared.errors import Unavailable
from shared.settings import Settings

_OUTAGES = (
    Unavailable,
    RedisConnectionError,
    RedisTimeoutError,
    BusyLoadingError,
    OutOfMemoryError,
    ReadOnlyError,
    NoScriptError,
)

#: redis-py types every reply as the union over all of its decoding settings, which fits no
#: caller. A client made here always replies in bytes.
RedisClient: TypeAlias = Any


def connect(settings: Settings, *, retries: int = 2) -> RedisClient:
    """A client that retries lost connections `retries` times, with capped backoff.

    Nothing is sent before the first command. Replies are bytes.
    """
    return Redis.from_url(
        settings.redis_address,
        socket_timeout=5,
        socket_connect_timeout=2,
        socket_keepalive=True,
        health_check_interval=15,
        retry=Retry(ExponentialBackoff(cap=1.0, base=0.05), retries),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
    )


def connect_async(settings: Settings, *, retries: int = 2) -> AsyncRedis:
    """The same for asyncio; a blocking command may wait up to eight seconds."""
    return AsyncRedis.from_url(
        settings.redis_address,
        socket_timeout=10,
        socket_connect_timeout=2,
        retry=AsyncRetry(ExponentialBackoff(cap=1.0, base=0.05), retries),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
    )


def is_outage(error: Exception) -> bool:
    """Whether waiting may mend it: a store that is away, starting, or out of space."""
    # MISCONF: Redis cannot write its log, as when the disk is full.
    return isinstance(error, _OUTAGES) or (
        isinstance(error, ResponseError) and str(error).startswith("MISCONF")
    )
