"""Health checks while stores hang."""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.domain.image import ImageRow
from shared.settings import Settings
from shared.store import Images
from tests.contract.server import serving
from tests.contract.workers import Encoder
from tests.services import MilvusLite, Valkey, wait_until

#: More than the gateway has threads for calls (AnyIO's default is 40).
_CALLS = 60
_THREADS = 40


class Hung:
    """Calls that ask for images hang until they are released."""

    def __init__(self) -> None:
        self.count = 0
        self.released = threading.Event()

    def page(self, *_: Any) -> tuple[list[ImageRow], None]:
        self.count += 1
        self.released.wait()
        return [], None


def test_health_answers_while_all_threads_hang(
    api: httpx.Client, encoder: Encoder, collection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung = Hung()
    monkeypatch.setattr(Images, "page", hung.page)
    url = f"/api/v2/collections/{collection}/images"
    with ThreadPoolExecutor(_CALLS) as callers:
        calls = [callers.submit(api.get, url) for _ in range(_CALLS)]
        try:
            wait_until(lambda: hung.count >= _THREADS, 30, "a pool without free threads")
            alive = api.get("/health/live")
            ready = api.get("/health/ready")
            assert not any(call.done() for call in calls)
        finally:
            hung.released.set()
        assert alive.status_code == 200
        assert (ready.status_code, ready.json()["status"]) == (200, "ready")
        assert {call.result().status_code for call in calls} == {200}


def test_many_checks_at_once_are_one(
    api: httpx.Client, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr("shared.redis._Client.ping", lambda client: asked.append(client))

    with ThreadPoolExecutor(16) as callers:
        replies = list(callers.map(lambda _: api.get("/health/ready"), range(16)))

    assert {reply.status_code for reply in replies} == {200}
    assert 0 < len(asked) < len(replies)


@pytest.fixture(params=["redis", "milvus"])
def hung_part(
    request: pytest.FixtureRequest, settings: Settings, tmp_path: Path
) -> Iterator[tuple[str, Settings, int]]:
    """A store of its own that a test may stop: its name, the settings, its process group."""
    if request.param == "redis":
        valkey = Valkey(tmp_path / "own")
        address = {"redis_url": type(settings.redis_url)(valkey.url)}
        yield request.param, settings.model_copy(update=address), valkey.pid
        valkey.kill()
    else:
        milvus = MilvusLite(tmp_path / "own")
        yield request.param, settings.model_copy(update={"milvus_uri": milvus.uri}), milvus.pid
        milvus.kill()


def test_a_store_that_hangs_is_away(hung_part: tuple[str, Settings, int]) -> None:
    part, settings, group = hung_part
    with Encoder(settings, answers=False), serving(settings) as api:

        def state() -> str:
            found: str = api.get("/health/ready").json()[part]["state"]
            return found

        wait_until(lambda: state() == "ok", 20, part)
        os.killpg(group, signal.SIGSTOP)
        try:
            wait_until(lambda: state() == "away", 20, "its absence")
        finally:
            os.killpg(group, signal.SIGCONT)
        wait_until(lambda: state() == "ok", 20, part)
