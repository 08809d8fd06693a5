"""Searches whose encoder is missing, dies, is slow or has a full queue."""

import io
import threading
from pathlib import Path

import httpx

from shared.domain.image import ImageRow
from shared.ledger import Queries
from shared.redis import RedisClient
from shared.settings import Settings
from tests.contract.calls import problem, search
from tests.contract.server import serving
from tests.contract.workers import WEIGHTS, Encoder
from tests.drawn import draw
from tests.services import wait_until


def test_without_a_living_encoder_a_search_is_503_at_once(
    api: httpx.Client, settings: Settings, redis: RedisClient, collection: str, url: str
) -> None:
    with Encoder(settings, answers=False):
        api.post("/api/v2/collections", json={"name": collection}).raise_for_status()
    out = io.BytesIO()
    draw(1).save(out, "PNG")

    reply = search(api, url, out.getvalue())

    problem(reply, 503, "no_encoder")
    assert int(reply.headers["Retry-After"]) > 0
    assert Queries(redis).waiting(WEIGHTS) == 0


def test_an_encoder_that_dies_meanwhile_is_503(
    api: httpx.Client, settings: Settings, redis: RedisClient, collection: str, url: str
) -> None:
    out = io.BytesIO()
    draw(1).save(out, "PNG")
    replies: list[httpx.Response] = []
    with Encoder(settings, answers=False):
        api.post("/api/v2/collections", json={"name": collection}).raise_for_status()
        waiting = threading.Thread(target=lambda: replies.append(search(api, url, out.getvalue())))
        waiting.start()
        wait_until(lambda: Queries(redis).waiting(WEIGHTS), 10, "the query")
    waiting.join()

    problem(replies[0], 503, "no_encoder")


def test_an_encoder_that_does_not_answer_is_504(
    settings: Settings, redis: RedisClient, collection: str, url: str
) -> None:
    out = io.BytesIO()
    draw(1).save(out, "PNG")
    hasty = settings.model_copy(update={"query_timeout_seconds": 0.5})
    with Encoder(settings, answers=False), serving(hasty) as api:
        api.post("/api/v2/collections", json={"name": collection}).raise_for_status()
        reply = search(api, url, out.getvalue())

    problem(reply, 504, "encode_timeout")
    assert int(reply.headers["Retry-After"]) > 0


def test_too_many_waiting_searches_are_429(
    settings: Settings, redis: RedisClient, collection: str, url: str
) -> None:
    out = io.BytesIO()
    draw(1).save(out, "PNG")
    narrow = settings.model_copy(update={"query_queue_limit": 1, "query_timeout_seconds": 3})
    with Encoder(settings, answers=False), serving(narrow) as api:
        api.post("/api/v2/collections", json={"name": collection}).raise_for_status()
        waiting = threading.Thread(target=search, args=(api, url, out.getvalue()))
        waiting.start()
        wait_until(lambda: Queries(redis).waiting(WEIGHTS), 10, "the query")
        reply = search(api, url, out.getvalue())
        waiting.join()

    problem(reply, 429, "queue_full")
    assert int(reply.headers["Retry-After"]) > 0


def test_many_searches_at_once(api: httpx.Client, stored: list[ImageRow], url: str) -> None:
    pictures = [Path(row.uri.removeprefix("file://")).read_bytes() for row in stored] * 5
    found: dict[int, str] = {}

    def one(number: int) -> None:
        reply = search(api, url, pictures[number], top_k=1)
        found[number] = reply.json()["hits"][0]["id"]

    threads = [threading.Thread(target=one, args=(n,)) for n in range(len(pictures))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [found[n] for n in range(len(pictures))] == [row.id for row in stored] * 5
