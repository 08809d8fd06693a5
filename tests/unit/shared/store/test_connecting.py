"""How long a call to a Milvus that is away is repeated, and how often it is connected to."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from pymilvus.decorators import retry_on_rpc_failure

from shared.errors import Unavailable, milvus_unavailable
from shared.settings import Settings
from shared.store import client, connecting
from shared.store.client import AsyncMilvusConnection
from shared.store.connecting import (
    RETRY_SECONDS,
    _AsyncRecovery,
    _Recovery,
    limited_retries,
)
from shared.store.errors import CALL_ERRORS

_CALLERS = 8


class Away(grpc.RpcError):  # type: ignore[misc]
    """What gRPC raises where nobody answers."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNAVAILABLE

    def details(self) -> str:
        return "nobody there"


class Handler:
    """pymilvus's, as far as its decorator looks at it; a new channel is no better than the old."""

    def __init__(self) -> None:
        self.calls = self.channels = 0
        self._on_rpc_error: Callable[[Exception], bool] = self.recover

    def recover(self, _: Exception) -> bool:
        self.channels += 1
        return True

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


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Handler:
    """The handler of a client that `connect` made."""
    made = SimpleNamespace(_handler=Handler())
    monkeypatch.setattr(connecting, "MilvusClient", lambda *_, **__: made)
    return connecting.connect(settings)._handler  # type: ignore[no-any-return]


def test_a_call_is_repeated_for_a_second_and_not_until_its_deadline(
    handler: Handler, clock: list[float]
) -> None:
    with limited_retries(), pytest.raises(CALL_ERRORS):
        handler.search(timeout=60)
    assert handler.calls == handler.channels + 1 > 3
    assert RETRY_SECONDS < sum(clock) < 3 * RETRY_SECONDS


def test_who_waits_for_one_that_does_not_come_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "RETRY_SECONDS", 0.01)
    began, go_on = threading.Event(), threading.Event()

    def recover(error: Exception) -> bool:
        began.set()
        go_on.wait(30)
        raise error

    recovery = _Recovery(recover)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(recovery, Away())
        assert began.wait(30)
        with pytest.raises(Away):
            recovery(Away())
        assert not first.done()
        go_on.set()
        with pytest.raises(Away):
            first.result(30)


async def test_in_an_event_loop_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "RETRY_SECONDS", 0.01)
    channels, go_on = [], asyncio.Event()

    async def recover(_: Exception) -> bool:
        channels.append(1)
        await go_on.wait()
        return True

    recovery = _AsyncRecovery(recover)
    first = asyncio.create_task(recovery(Away()))
    await asyncio.sleep(0)
    with pytest.raises(Away):
        await recovery(Away())
    monkeypatch.setattr(connecting, "RETRY_SECONDS", 30.0)
    second = asyncio.create_task(recovery(Away()))
    await asyncio.sleep(0)
    go_on.set()
    assert all(await asyncio.gather(first, second))
    assert len(channels) == 1


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
