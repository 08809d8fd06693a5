"""Queries pass through Redis unchanged and without writes to its disk."""

import io
import threading
from pathlib import Path

import pytest

from shared.domain.query import Query, QueryReply
from shared.ledger import Queries
from shared.redis import RedisClient, connect
from shared.settings import Settings
from tests.replies import reply_to
from tests.services import Valkey

VECTOR = QueryReply(vector=(0.5, 0.25), weights="w-1")


@pytest.fixture
def ledger_queries(redis: RedisClient) -> Queries:
    return Queries(redis)


def _query(seconds: float = 30) -> Query:
    return Query(id="q", pooling="avg", seconds=seconds)


@pytest.mark.parametrize("size", [1, 1024 * 1024, 2_500_000])
def test_a_picture_arrives_whole_and_goes_with_the_reply(
    size: int, settings: Settings, ledger_queries: Queries
) -> None:
    picture, query = bytes(range(251)) * (size // 251 + 1), _query()
    ledger_queries.put_image(query, io.BytesIO(picture))
    image = ledger_queries.image(query)
    assert image is not None
    assert image.data == picture
    assert reply_to(query, settings) is None
    ledger_queries.reply(query, VECTOR)
    assert reply_to(query, settings) == VECTOR
    assert ledger_queries.image(query) is None


def test_a_reply_ends_the_wait(settings: Settings, ledger_queries: Queries) -> None:
    query = _query()
    later = threading.Timer(0.3, ledger_queries.reply, (query, VECTOR))
    later.start()
    assert reply_to(query, settings, 20) == VECTOR
    later.join()


def test_nothing_stays_behind_for_ever(redis: RedisClient, ledger_queries: Queries) -> None:
    query = _query(seconds=1)
    ledger_queries.put_image(query, b"picture")
    ledger_queries.reply(_query(), VECTOR)
    kept = redis.keys("lookalike:query:*")
    assert kept
    assert all(0 < redis.ttl(key) <= 60 for key in kept)


def test_neither_picture_nor_vector_is_written_to_disk(tmp_path: Path, settings: Settings) -> None:
    valkey = Valkey(tmp_path)
    try:
        own = settings.model_copy(update={"redis_url": type(settings.redis_url)(valkey.url)})
        redis, query = connect(own), _query()
        redis.set("noted", "in the log")
        queries = Queries(redis)
        queries.put_image(query, b"a private picture")
        queries.reply(query, VECTOR)
        assert reply_to(query, own) == VECTOR
        redis.close()
        written = b"".join(path.read_bytes() for path in tmp_path.rglob("*.aof"))
        assert b"in the log" in written
        assert b"private" not in written
        assert b"w-1" not in written
    finally:
        valkey.kill()
