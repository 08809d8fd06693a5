"""Connections to Redis that outlive its restarts, and raise Unavailable while it is away."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialBackoff
from redis.client import Pipeline
from redis.exceptions import (
    BusyLoadingError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from shared.errors import Unavailable, redis_unavailable
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

#: Redis cannot write to its disk, as when that is full; a pipeline puts the command before it.
_MISCONF = re.compile(r"(^|caused error: )MISCONF ")

#: redis-py types every reply as the union over all of its decoding settings, which fits no
#: caller. A client made here always replies in bytes.
RedisClient: TypeAlias = Any
AsyncRedisClient: TypeAlias = Any


def connect(settings: Settings, *, retries: int = 2) -> RedisClient:
    """A client that retries lost connections `retries` times, with capped backoff.

    Nothing is sent before the first command. Replies are bytes. Commands, pipelines and scripts
    raise Unavailable `redis_unavailable` on an outage; other RedisErrors are mistakes of ours.
    """
    return _Client.from_url(
        settings.redis_address,
        socket_timeout=5,
        socket_connect_timeout=2,
        socket_keepalive=True,
        health_check_interval=15,
        retry=Retry(ExponentialBackoff(cap=1.0, base=0.05), retries),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
    )


def connect_async(settings: Settings, *, retries: int = 2) -> AsyncRedisClient:
    """The same for asyncio; a blocking command may wait up to eight seconds.

    It has a connection for each search and each upload that may wait at once.
    """
    return _AsyncClient.from_url(
        settings.redis_address,
        max_connections=settings.query_queue_limit + settings.queue_limit,
        socket_timeout=10,
        socket_connect_timeout=2,
        retry=AsyncRetry(ExponentialBackoff(cap=1.0, base=0.05), retries),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
    )


def is_outage(error: Exception) -> bool:
    """Whether waiting may end it: a store that is away, starting, or out of space."""
    if isinstance(error, ResponseError) and _MISCONF.search(str(error)):
        return True
    return isinstance(error, _OUTAGES)


def seconds(time: tuple[int, int]) -> float:
    """The reply of TIME as Unix seconds. What processes compare is by this clock, not by theirs."""
    return time[0] + time[1] / 1e6


@contextmanager
def outages_as_unavailable() -> Iterator[None]:
    """Raise Unavailable `redis_unavailable` in place of an outage; our own mistakes stay."""
    try:
        yield
    except RedisError as error:
        if is_outage(error):
            raise redis_unavailable() from error
        raise


class _Client(Redis):
    def execute_command(self, *args: Any, **options: Any) -> Any:
        with outages_as_unavailable():
            try:
                return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
            except NoScriptError as error:
                unknown = error
        # Redis was restarted: redis-py's Script catches this, and loads the script again.
        raise unknown

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        return _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


class _Pipeline(Pipeline):
    def execute(self, raise_on_error: bool = True) -> list[Any]:
        with outages_as_unavailable():
            return super().execute(raise_on_error)


class _AsyncClient(AsyncRedis):
    async def execute_command(self, *args: Any, **options: Any) -> Any:
        with outages_as_unavailable():
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
