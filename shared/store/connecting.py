"""Clients of Milvus that say soon that it is away.

Left alone, pymilvus repeats a call that reaches nobody until the call's own deadline, and first
makes a new channel for as long as connecting may take, under one lock for all clients of the
process: of forty searches that meet an outage, the last is told after two minutes. gRPC connects
again by itself (`grpc_options.py`), so here a call is only repeated, for about a second.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pymilvus import AsyncMilvusClient, MilvusClient

from shared.errors import milvus_unavailable
from shared.settings import Settings
from shared.store.errors import CALL_ERRORS, translate
from shared.store.grpc_options import GRPC_OPTIONS

CONNECT_SECONDS = 3.0
#: A call that met no server is not repeated after this; pymilvus waits 0.8 s before it comes here.
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

    def on_error(error: Exception) -> bool:
        _require_time(error)
        return False

    client._handler._on_rpc_error = on_error
    return client


async def connect_async(settings: Settings, seconds: float) -> tuple[AsyncMilvusClient, str]:
    """As `connect`, with what Milvus says of its version within `seconds`."""
    client = AsyncMilvusClient(settings.milvus_uri, **_options(settings))
    try:
        version: str = await client.get_server_version(timeout=seconds)
    except CALL_ERRORS as error:
        raise translate(error, None) from error

    async def on_error(error: Exception) -> bool:
        _require_time(error)
        return False

    client._handler._on_rpc_error = on_error
    return client, version


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "token": settings.milvus_credentials,
        "timeout": CONNECT_SECONDS,
        "dedicated": True,
        "grpc_options": GRPC_OPTIONS,
    }


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
