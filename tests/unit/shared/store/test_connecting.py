"""How long a call to a Milvus that is away is repeated, and how often it is connected to."""

import asyncio
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from pymilvus.decorators import retry_on_rpc_failure

from shared.errors import Unavailable, milvus_unavailable
from shared.settings import Settings
from shared.store import client, connecting
from shared.store.client import AsyncMilvusConnection
from shared.store.connecting import RETRY_SECONDS, limited_retries
from shared.store.errors import CALL_ERRORS

_CALLERS = 8


class Away(grpc.RpcError):  # type: ignore[misc]
    """What gRPC raises where nobody answers."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNAVAILABLE

    def details(self) -> str:
        return "nobody there"


class Handler:
    """pymilvus's, as far as its decorator looks at it."""

    def __init__(self) -> None:
        self.calls = 0

    @retry_on_rpc_failure()  # type: ignore[untyped-decorator]
    def search(self, **_: Any) -> None:
        self.calls += 1
        raise Away


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that were slept; they pass at once."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(time, "monotonic", lambda: sum(slept))
    monkeypatch.setattr(time, "time", lambda: sum(slept))
    return slept


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


def connected(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Handler:
    """The handler of a client that `connect` made."""
    handler = Handler()

    class Made:
        _handler = handler

    monkeypatch.setattr(connecting, "MilvusClient", lambda *_, **__: Made())
    connecting.connect(settings)
    return handler


def test_a_call_is_repeated_for_a_second_and_not_until_its_deadline(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, clock: list[float]
) -> None:
    handler = connected(monkeypatch, settings)
    with limited_retries(), pytest.raises(CALL_ERRORS):
        handler.search(timeout=60)
    assert handler.calls > 3
    assert RETRY_SECONDS < sum(clock) < 3 * RETRY_SECONDS


async def test_callers_at_the_same_time_share_one_failure(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    tries = []

    async def connect(_: Settings, __: float) -> None:
        tries.append(1)
        await asyncio.sleep(0)  # until all others have asked
        raise milvus_unavailable()

    async def never(_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(client, "connect_async", connect)
    connection = AsyncMilvusConnection(settings)

    async def call() -> str:
        with pytest.raises(Unavailable) as refusal:
            await connection.run(never, "pictures")
        return refusal.value.code

    assert set(await asyncio.gather(*(call() for _ in range(_CALLERS)))) == {"milvus_unavailable"}
    assert len(tries) == 1
    await call()
    assert len(tries) == 2
