"""More searches than may wait at once: 429, and Redis holds no more than it may."""

import io
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx
import pytest

from shared.redis import RedisClient
from shared.settings import Settings
from tests.contract.calls import problem, search
from tests.contract.server import serving
from tests.contract.workers import Encoder
from tests.drawn import draw

_MIB = 1024 * 1024
_IMAGES = "lookalike:query:*:image"


@pytest.fixture
def png() -> bytes:
    out = io.BytesIO()
    draw(1).save(out, "PNG")
    return out.getvalue()


@contextmanager
def _gateway(settings: Settings, collection: str, **limits: float) -> Iterator[httpx.Client]:
    """A gateway whose encoder takes no query, and a client with as many connections as it likes."""
    with (
        Encoder(settings, answers=False),
        serving(settings.model_copy(update=limits)) as api,
        httpx.Client(base_url=api.base_url, timeout=60, limits=httpx.Limits()) as client,
    ):
        client.post("/api/v2/collections", json={"name": collection}).raise_for_status()
        yield client


def _search_at_once(
    client: httpx.Client, url: str, picture: bytes, count: int
) -> Sequence[httpx.Response]:
    replies: list[httpx.Response] = []
    threads = [
        threading.Thread(target=lambda: replies.append(search(client, url, picture)))
        for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


def _check_refusals(replies: Sequence[httpx.Response], *, waited: int) -> None:
    assert Counter(reply.status_code for reply in replies) == {
        504: waited,
        429: len(replies) - waited,
    }
    for reply in replies:
        code = {429: "queue_full", 504: "encode_timeout"}[reply.status_code]
        problem(reply, reply.status_code, code)
        assert int(reply.headers["Retry-After"]) > 0


def test_large_pictures_wait_only_up_to_a_limit_of_bytes(
    settings: Settings, redis: RedisClient, collection: str, url: str, png: bytes
) -> None:
    picture = png + bytes(3 * _MIB // 2 - len(png))
    limits = {"query_queue_mb": 8, "max_upload_mb": 2, "query_timeout_seconds": 6}
    held: list[int] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            held.append(sum(map(redis.strlen, redis.keys(_IMAGES))))

    watching = threading.Thread(target=watch)
    with _gateway(settings, collection, **limits) as client:
        watching.start()
        try:
            replies = _search_at_once(client, url, picture, 40)
        finally:
            stop.set()
            watching.join()

    _check_refusals(replies, waited=5)
    assert max(held) == 5 * len(picture)
    assert redis.keys("lookalike:quer*") == []


def test_as_many_searches_wait_as_the_limit_says(
    settings: Settings, redis: RedisClient, collection: str, url: str, png: bytes
) -> None:
    limits = {"query_queue_limit": 130, "query_timeout_seconds": 6}
    with _gateway(settings, collection, **limits) as client:
        replies = _search_at_once(client, url, png, 150)

    _check_refusals(replies, waited=130)
    assert redis.keys("lookalike:quer*") == []


def test_a_picture_over_the_limit_of_bytes_is_searched_alone(
    settings: Settings, redis: RedisClient, collection: str, url: str, png: bytes
) -> None:
    picture = png + bytes(3 * _MIB // 2)
    limits = {"query_queue_mb": 1, "max_upload_mb": 2, "query_timeout_seconds": 0.5}
    with _gateway(settings, collection, **limits) as client:
        problem(search(client, url, picture), 504, "encode_timeout")
