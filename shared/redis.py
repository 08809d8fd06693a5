"""Connections to Redis that outlive its restarts, and raise Unavailable while it is away."""

import re
from collections.abc import Callable, Iterator
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

from shared.errors import (
    Unavailable,
    redis_full,
    redis_loading,
    redis_not_saving,
    redis_read_only,
    redis_unavailable,
)
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

#: What Redis answers when it takes no command, or none that writes. A pipeline puts the command
#: before it, and a server before version 7 the script in which it happened.
_REFUSAL = re.compile(r"(?:^|caused error: |: -)(MISCONF|OOM|READONLY|LOADING|UNBLOCKED) ")
#: redis-py makes some of these classes of their own, and cuts the word off.
_REFUSALS: dict[type[Exception], str] = {
    OutOfMemoryError: "OOM",
    ReadOnlyError: "READONLY",
    BusyLoadingError: "LOADING",
}
_MEANINGS: dict[str, Callable[[], Unavailable]] = {
    "MISCONF": redis_not_saving,
    "OOM": redis_full,
    "READONLY": redis_read_only,
    # To a call that waits while this Redis becomes a replica.
    "UNBLOCKED": redis_read_only,
    "LOADING": redis_loading,
}

#: redis-py types every reply as the union over all of its decoding settings, which fits no
#: caller. A client made here always replies in bytes.
RedisClient: TypeAlias = Any
AsyncRedisClient: TypeAlias = Any


def connect(settings: Settings, *, retries: int = 2) -> RedisClient:
    """A client that retries lost connections `retries` times, with capped backoff.

    Nothing is sent before the first command. Replies are bytes. Commands, pipelines and scripts
    raise Unavailable on an outage: `redis_unavailable`, or `redis_full`, `redis_not_saving`,
    `redis_read_only`, `redis_loading`. Other RedisErrors are mistakes of ours.
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
    return isinstance(error, _OUTAGES) or _refusal(error) is not None


def outage(error: BaseException) -> Unavailable:
    """An outage in words for the caller, with its cause; what wraps one is looked into."""
    cause: BaseException | None = error
    while cause is not None:
        refusal = _refusal(cause)
        if refusal is not None:
            return _MEANINGS[refusal]()
        cause = cause.__cause__
    return redis_unavailable()


def outage_code(error: BaseException) -> str:
    """The code of an outage, of which `is_outage` is true."""
    return error.code if isinstance(error, Unavailable) else outage(error).code


def _refusal(error: BaseException) -> str | None:
    """The word with which Redis refused, of those in `_MEANINGS`."""
    for kind, word in _REFUSALS.items():
        if isinstance(error, kind):
            return word
    match = _REFUSAL.search(str(error)) if isinstance(error, ResponseError) else None
    return match[1] if match else None


def seconds(time: tuple[int, int]) -> float:
    """The reply of TIME as Unix seconds. What processes compare is by this clock, not by theirs."""
    return time[0] + time[1] / 1e6


@contextmanager
def outages_as_unavailable() -> Iterator[None]:
    """Raise Unavailable in place of an outage; our own mistakes stay."""
    try:
        yield
    except RedisError as error:
        if is_outage(error):
            raise outage(error) from error
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
