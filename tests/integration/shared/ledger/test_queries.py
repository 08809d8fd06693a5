"""Queries pass through Redis unchanged and without writes to its disk."""

import io
import threading
from pathlib import Path

import pytest

from shared.domain.query import Query, QueryReply
from shared.ledger import Queries, QueryLimits, keys
from shared.redis import RedisClient, connect
from shared.settings import Settings
from tests.replies import reply_to
from tests.services import Valkey, wait_until

VECTOR = QueryReply(vector=(0.5, 0.25), weights="w-1")


@pytest.fixture
def ledger_queries(redis: RedisClient) -> Queries:
    return Queries(redis)


def _query(seconds: float = 30) -> Query:
    return Query(id="q", weights="w-1", pooling="avg", seconds=seconds)


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


@pytest.mark.parametrize("size", [1, 1024 * 1024, 1024 * 1024 + 1])
def test_a_query_is_submitted_with_its_picture_where_there_is_room(
    size: int, valkey: Valkey, redis: RedisClient, ledger_queries: Queries
) -> None:
    limits, picture = QueryLimits(queries=1, bytes=size), bytes(range(256)) * (size // 256 + 1)
    query, another = _query(), _numbered(1)
    written = valkey.written()
    entry = ledger_queries.submit(query, io.BytesIO(picture[:size]), limits)
    assert entry
    assert ledger_queries.submit(another, io.BytesIO(b"a"), limits) is None
    assert ledger_queries.waiting("w-1") == 1
    assert ledger_queries.image(another) is None
    image = ledger_queries.image(query)
    assert image is not None
    assert image.data == picture[:size]
    assert all(0 < redis.pttl(key) <= 32_000 for key in redis.keys("lookalike:quer*"))
    assert ledger_queries.take("w-1", 1) == query
    ledger_queries.reply(query, VECTOR)
    assert ledger_queries.submit(another, io.BytesIO(b"a" * (size + 1)), limits) is None
    last = ledger_queries.submit(another, io.BytesIO(b"a"), limits)
    assert last
    ledger_queries.withdraw(another, last)
    assert not redis.exists(keys.QUERIES, keys.QUERY_BYTES, keys.sent_queries("w-1"))
    assert valkey.written() == written


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


def _numbered(number: int, seconds: float = 30) -> Query:
    return Query(id=f"q{number}", weights="w-1", pooling="avg", seconds=seconds)


def _admitted(queries: Queries, limits: QueryLimits, size: int, count: int) -> list[int]:
    return [n for n in range(count) if queries.admit(_numbered(n), size, limits)]


def test_only_so_many_queries_wait(ledger_queries: Queries) -> None:
    limits = QueryLimits(queries=2, bytes=1000)
    assert _admitted(ledger_queries, limits, 1, 5) == [0, 1]
    ledger_queries.reply(_numbered(1), VECTOR)
    assert ledger_queries.admit(_numbered(2), 1, limits)
    assert not ledger_queries.admit(_numbered(3), 1, limits)


def test_only_so_many_bytes_wait(redis: RedisClient, ledger_queries: Queries) -> None:
    limits = QueryLimits(queries=100, bytes=1000)
    assert _admitted(ledger_queries, limits, 300, 5) == [0, 1, 2]
    assert ledger_queries.admit(_numbered(7), 100, limits)
    assert not ledger_queries.admit(_numbered(8), 1, limits)
    ledger_queries.withdraw(_numbered(1))
    assert ledger_queries.admit(_numbered(8), 300, limits)
    assert 0 < redis.ttl(keys.QUERIES) <= 33
    assert 0 < redis.ttl(keys.QUERY_BYTES) <= 33


def test_a_query_past_its_deadline_leaves_its_room_but_not_before_its_picture(
    redis: RedisClient, ledger_queries: Queries
) -> None:
    limits, query = QueryLimits(queries=1, bytes=1000), _numbered(0, seconds=0.1)
    assert ledger_queries.admit(query, 7, limits)
    ledger_queries.put_image(query, b"picture")
    assert not ledger_queries.admit(_numbered(1), 7, limits)

    def admitted() -> bool:
        there = redis.exists(keys.query(query.id, "image"))
        return ledger_queries.admit(_numbered(1), 7, limits) and not there

    wait_until(admitted, 10, "room for another query")


def test_a_withdrawn_querys_picture_is_gone(redis: RedisClient, ledger_queries: Queries) -> None:
    query = _query()
    ledger_queries.admit(query, 7, QueryLimits(1, 1000))
    ledger_queries.put_image(query, b"picture")
    ledger_queries.withdraw(query)
    assert redis.keys("lookalike:quer*") == []


def test_neither_picture_nor_vector_is_written_to_disk(tmp_path: Path, settings: Settings) -> None:
    valkey = Valkey(tmp_path)
    try:
        own = settings.model_copy(update={"redis_url": type(settings.redis_url)(valkey.url)})
        redis, query = connect(own), _query()
        redis.set("noted", "in the log")
        queries = Queries(redis)
        assert queries.admit(query, 17, QueryLimits(1, 100))
        queries.put_image(query, b"a private picture")
        queries.reply(query, VECTOR)
        assert reply_to(query, own) == VECTOR
        redis.close()
        written = b"".join(path.read_bytes() for path in tmp_path.rglob("*.aof"))
        assert b"in the log" in written
        assert b"private" not in written
        assert b"w-1" not in written
        assert b"lookalike:quer" not in written
    finally:
        valkey.kill()
