"""A query encoder with other weights than the others: it fails no search."""

import io

import httpx
import pytest

from shared.redis import RedisClient
from shared.settings import Settings
from tests.contract.calls import problem, search
from tests.contract.workers import Encoder
from tests.drawn import draw


@pytest.fixture
def picture() -> bytes:
    out = io.BytesIO()
    draw(1).save(out, "PNG")
    return out.getvalue()


def test_searches_go_to_the_encoder_that_fits(
    api: httpx.Client, settings: Settings, collection: str, url: str, picture: bytes
) -> None:
    odd = Encoder(settings, weights="odd", queues=("query",), name="0")
    with Encoder(settings) as fitting, odd:
        api.post("/api/v2/collections", json={"name": collection}).raise_for_status()
        replies = [search(api, url, picture) for _ in range(20)]
    assert [reply.status_code for reply in replies] == [200] * 20
    assert (len(fitting.queries), odd.queries) == (20, [])


def test_while_the_one_that_fits_is_away_a_search_is_503(
    api: httpx.Client, settings: Settings, collection: str, url: str, picture: bytes
) -> None:
    """The encoder of loads has the collection's weights, so the other one is odd."""
    odd = Encoder(settings, weights="odd", queues=("query",), name="0")
    with Encoder(settings, queues=("encode", "scan")), odd:
        api.post("/api/v2/collections", json={"name": collection}).raise_for_status()
        problem(search(api, url, picture), 503, "no_encoder")
    assert odd.queries == []


def test_where_no_encoder_fits_it_is_409(
    api: httpx.Client,
    settings: Settings,
    redis: RedisClient,
    collection: str,
    url: str,
    picture: bytes,
) -> None:
    with Encoder(settings):
        api.post("/api/v2/collections", json={"name": collection}).raise_for_status()
    with Encoder(settings, weights="odd"):
        problem(search(api, url, picture), 409, "encoder_mismatch")
    assert redis.keys("lookalike:quer*") == []
