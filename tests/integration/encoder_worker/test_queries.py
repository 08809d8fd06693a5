"""Queries answered through a real Redis: vectors, errors, and none after the deadline."""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from structlog.testing import capture_logs

from encoder_worker.decode.decoder import decode
from encoder_worker.encode.encoder import Encoder
from encoder_worker.errors import EncoderFailed
from encoder_worker.queries import QueryProcessor
from shared.domain.fingerprint import Pooling
from shared.domain.query import Crop, Query
from shared.ledger import Queries
from shared.redis import RedisClient, connect
from shared.sandbox.pool import DecoderLimits, DecoderPool, limits_of
from shared.settings import Settings
from tests.clocks import host_clock
from tests.drawn import draw
from tests.encoders import cosine, encoded
from tests.hostile_pictures import endless_jpeg
from tests.replies import reply_to
from tests.services import wait_until

Ask = Callable[..., Query]


@pytest.fixture
def worker(
    settings: Settings, redis: RedisClient, encoder: Encoder, decoders: DecoderPool
) -> Iterator[QueryProcessor]:
    processor = QueryProcessor(settings, Queries(redis), encoder, decoders)
    yield processor
    processor.close()


@pytest.fixture
def ask(redis: RedisClient) -> Ask:
    """Leave a picture as the gateway does."""

    def put(
        image: bytes, pooling: Pooling = "avg", crop: Crop | None = None, seconds: float = 60
    ) -> Query:
        query = Query(
            id=uuid.uuid4().hex, weights="w-1", pooling=pooling, crop=crop, seconds=seconds
        )
        Queries(redis).put_image(query, image)
        return query

    return put


def test_a_picture_becomes_a_vector(
    worker: QueryProcessor, ask: Ask, settings: Settings, encoder: Encoder
) -> None:
    image = encoded(draw(1), "PNG")
    query = ask(image, "gem")
    worker.answer(query)
    reply = reply_to(query, settings)
    assert reply is not None
    assert (reply.code, reply.reason) == (None, None)
    assert reply.weights == encoder.weights
    assert reply.seconds > 0
    assert reply.vector is not None
    pixels = decode(image, 10**6).pixels
    assert cosine(reply.vector, encoder.submit(pixels, "gem").result(60).vector) > 0.99999
    assert np.linalg.norm(reply.vector) == pytest.approx(1, abs=1e-5)


def test_a_crop_is_searched_by(
    worker: QueryProcessor, ask: Ask, settings: Settings, encoder: Encoder
) -> None:
    image = draw(1, (400, 400))
    query = ask(encoded(image, "PNG"), crop=Crop(x=0.25, y=0.5, width=0.5, height=0.25))
    worker.answer(query)
    reply = reply_to(query, settings)
    assert reply is not None
    assert reply.vector is not None
    part = decode(encoded(image.crop((100, 200, 300, 300)), "PNG"), 10**6)
    assert cosine(reply.vector, encoder.submit(part.pixels, "avg").result(60).vector) > 0.999


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (b"text", "unsupported_format"),
        (encoded(draw(1), "PNG")[:1000], "truncated"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "truncated"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_reason(
    image: bytes, code: str, worker: QueryProcessor, ask: Ask, settings: Settings
) -> None:
    query = ask(image)
    worker.answer(query)
    reply = reply_to(query, settings)
    assert reply is not None
    assert (reply.vector, reply.code) == (None, code)
    assert reply.reason


def test_the_pixel_limit_holds_for_queries(
    settings: Settings, ask: Ask, redis: RedisClient, encoder: Encoder
) -> None:
    narrow = DecoderPool(limits_of(settings.model_copy(update={"max_pixels": 100})), 1)
    query = ask(encoded(draw(1), "PNG"))
    worker = QueryProcessor(settings, Queries(redis), encoder, narrow)
    worker.answer(query)
    worker.close()
    narrow.close()
    reply = reply_to(query, settings)
    assert reply is not None
    assert reply.code == "too_many_pixels"


def test_an_expired_query_gets_no_answer(
    worker: QueryProcessor, ask: Ask, settings: Settings, redis: RedisClient
) -> None:
    query = ask(encoded(draw(1), "PNG"), seconds=0.001)
    wait_until(lambda: not redis.keys(f"lookalike:query:{query.id}:*"), 5, "the deadline")
    with capture_logs() as logs:
        worker.answer(query)
    assert reply_to(query, settings) is None
    assert [line["event"] for line in logs] == ["query_expired"]


@pytest.mark.parametrize("offset", [-7200, 7200])
def test_an_encoder_whose_clock_is_wrong_answers_in_time(
    offset: float, worker: QueryProcessor, ask: Ask, settings: Settings
) -> None:
    query = ask(encoded(draw(1), "PNG"))
    with host_clock(offset):
        worker.answer(query)
    reply = reply_to(query, settings)
    assert reply is not None
    assert reply.vector is not None


def test_a_query_is_answered_once(worker: QueryProcessor, ask: Ask, redis: RedisClient) -> None:
    query = ask(encoded(draw(1), "PNG"))
    worker.answer(query)
    worker.answer(query)
    assert redis.xlen(f"lookalike:query:{query.id}:reply") == 1


def test_queries_that_come_together_are_answered_each_with_its_own(
    worker: QueryProcessor, ask: Ask, settings: Settings, encoder: Encoder
) -> None:
    images = [encoded(draw(index), "PNG") for index in range(6)]
    queries = [ask(image, "max" if index % 2 else "avg") for index, image in enumerate(images)]
    with ThreadPoolExecutor(len(queries)) as threads:
        list(threads.map(worker.answer, queries))
    for query, image in zip(queries, images, strict=True):
        reply = reply_to(query, settings)
        assert reply is not None
        assert reply.vector is not None
        expected = encoder.submit(decode(image, 10**6).pixels, query.pooling).result(60)
        assert cosine(reply.vector, expected.vector) > 0.9999


def test_redis_away_loses_a_query_and_nothing_else(
    base_settings: Settings, encoder: Encoder, decoders: DecoderPool
) -> None:
    queries = Queries(connect(base_settings, retries=0))
    worker = QueryProcessor(base_settings, queries, encoder, decoders)
    query = Query(id="q", weights="w-1", pooling="avg", seconds=60)
    with capture_logs() as logs:
        worker.answer(query)
    assert [line["event"] for line in logs] == ["query_lost"]


def test_slow_queries_hold_no_thread_of_the_others(
    settings: Settings, ask: Ask, redis: RedisClient, encoder: Encoder
) -> None:
    """One thread answers all of them, and is free again before any slow one has its answer."""
    pool = DecoderPool(DecoderLimits(100_000_000, 1 << 20, seconds=2), 1)
    worker = QueryProcessor(settings, Queries(redis), encoder, pool)
    slow = [ask(endless_jpeg(), seconds=12) for _ in range(5)]
    ordinary = ask(encoded(draw(1), "PNG"))
    with ThreadPoolExecutor(1) as thread:
        for query in (*slow, ordinary):
            thread.submit(worker.answer, query).result(60)
    answered = reply_to(ordinary, settings)
    assert answered is not None
    assert answered.vector is not None
    for query in slow:
        wait_until(partial(redis.exists, f"lookalike:query:{query.id}:reply"), 60, "a reply")
        reply = reply_to(query, settings)
        assert reply is not None
        assert (reply.vector, reply.code) == (None, "too_slow")
    worker.close()
    pool.close()


def test_a_decoder_that_cannot_start_ends_the_worker(
    settings: Settings, ask: Ask, redis: RedisClient, encoder: Encoder
) -> None:
    pool = DecoderPool(DecoderLimits(1_000_000, 1 << 20, seconds=2), 1, "tests.no_such_module")
    worker = QueryProcessor(settings, Queries(redis), encoder, pool)
    query = ask(encoded(draw(1), "PNG"))
    with pytest.raises(EncoderFailed):
        worker.answer(query)
    # No answer says that the picture is at fault.
    assert not redis.exists(f"lookalike:query:{query.id}:reply")
    worker.close()
    pool.close()
