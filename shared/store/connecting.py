"""Clients of Milvus that say soon that it is away.

pymilvus repeats a call that reaches nobody until the call's own deadline, and makes a new channel
before each repetition, one call after the other under a lock of the whole process. Where nothing is
refused and packets are lost, each waits for as long as connecting may take: of forty searches that
meet an outage, the last is told after two minutes. Here a call waits for others and is repeated for
about a second.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pymilvus import AsyncMilvusClient, MilvusClient

from shared.errors import milvus_unavailable
from shared.settings import Settings
from shared.store.errors import CALL_ERRORS, translate
from shared.store.grpc_options import GRPC_OPTIONS

CONNECT_SECONDS = 3.0
#: A call that met no server waits so long for another's new channel, and is not repeated after it.
RETRY_SECONDS = 1.0

_began: ContextVar[float] = ContextVar("began")


@contextmanager
def limited_retries() -> Iterator[None]:
    """The calls in here are repeated for `RETRY_SECONDS` from now on, while Milvus is away."""
    token = _began.set(time.monotonic())
    try:
        yield
    finally:
        _began.reset(token)


def connect(settings: Settings) -> MilvusClient:
    """A connected client. Raises Unavailable `milvus_unavailable`."""
    try:
        client = MilvusClient(settings.milvus_uri, **_options(settings))
    except CALL_ERRORS as error:
        raise translate(error, None) from error
    client._handler._on_rpc_error = _Recovery(client._handler._on_rpc_error)
    return client


async def connect_async(settings: Settings, seconds: float) -> tuple[AsyncMilvusClient, str]:
    """As `connect`, with what Milvus says of its version within `seconds`."""
    client = AsyncMilvusClient(settings.milvus_uri, **_options(settings))
    try:
        version: str = await client.get_server_version(timeout=seconds)
    except CALL_ERRORS as error:
        raise translate(error, None) from error
    client._handler._on_rpc_error = _AsyncRecovery(client._handler._on_rpc_error)
    return client, version


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "token": settings.milvus_credentials,
        "timeout": CONNECT_SECONDS,
        "dedicated": True,
        "grpc_options": GRPC_OPTIONS,
    }


class _Recovery:
    """What pymilvus calls with the error of a call: true if the call is to be repeated.

    `recover` is its own answer, which makes a new channel, or raises.
    """

    def __init__(self, recover: Callable[[Exception], bool]) -> None:
        self._recover = recover
        self._lock = threading.Lock()
        self._channels = 0

    def __call__(self, error: Exception) -> bool:
        _require_time(error)
        channels = self._channels
        if not self._lock.acquire(timeout=RETRY_SECONDS):
            raise error
        try:
            if self._channels != channels:
                return True  # Another has made one meanwhile.
            made = self._recover(error)
            self._channels += made
            return made
        finally:
            self._lock.release()


class _AsyncRecovery:
    """As `_Recovery`, for one event loop."""

    def __init__(self, recover: Callable[[Exception], Awaitable[bool]]) -> None:
        self._recover = recover
        self._lock = asyncio.Lock()
        self._channels = 0

    async def __call__(self, error: Exception) -> bool:
        _require_time(error)
        channels = self._channels
        try:
            async with asyncio.timeout(RETRY_SECONDS):
                await self._lock.acquire()
        except TimeoutError:
            raise error from None
        try:
            if self._channels != channels:
                return True
            made = await self._recover(error)
            self._channels += made
            return made
        finally:
            self._lock.release()


def _require_time(error: Exception) -> None:
    """Raise what pymilvus would repeat a call for, once there is no time left for that."""
    began = _began.get(None)
    if began is not None and time.monotonic() - began > RETRY_SECONDS:
        raise error


def require_untried(failed_at: float, asked: float) -> None:
    """Raise Unavailable if another's attempt to connect failed since this caller `asked`.

    Those that waited for it would otherwise try one after the other, for seconds each.
    """
    if failed_at >= asked:
        raise milvus_unavailable()
