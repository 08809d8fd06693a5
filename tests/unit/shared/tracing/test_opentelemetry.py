"""Spans of OpenTelemetry, in memory."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
import redis
from fastapi import FastAPI
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from gateway.http.request_log import RequestLog
from shared import tracing
from tests.tracing import Spans, context_of, id_of, kept_spans, parent_of, trace_of

REMOTE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
REMOTE_TRACE, REMOTE_SPAN = 0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331


@pytest.fixture
def spans() -> Iterator[Spans]:
    with kept_spans() as found:
        yield found


def test_a_span_is_in_the_trace_that_it_is_given(spans: Spans) -> None:
    with tracing.span("chunk", parent=REMOTE, files=3, nothing=None):
        assert tracing.trace_id() == f"{REMOTE_TRACE:032x}"
        with tracing.span("chunk.decode"):
            pass

    chunk, decode = spans.one("chunk"), spans.one("chunk.decode")
    assert (trace_of(chunk), parent_of(chunk)) == (REMOTE_TRACE, REMOTE_SPAN)
    assert dict(chunk.attributes or {}) == {"files": 3}
    assert trace_of(decode) == REMOTE_TRACE
    assert parent_of(decode) == id_of(chunk)


def test_a_span_within_its_trace_is_a_child_of_the_open_one(spans: Spans) -> None:
    with tracing.span("request"):
        named = tracing.traceparent()
        with tracing.span("message"), tracing.span("scan", parent=named):
            pass

    assert parent_of(spans.one("scan")) == id_of(spans.one("message"))


def test_a_message_of_another_trace_is_linked(spans: Spans) -> None:
    with tracing.span("resent"), tracing.span("chunk", parent=REMOTE):
        pass

    chunk, resent = spans.one("chunk"), spans.one("resent")
    assert (trace_of(chunk), parent_of(chunk)) == (REMOTE_TRACE, REMOTE_SPAN)
    assert [link.context for link in chunk.links] == [context_of(resent)]


def test_polling_redis_begins_no_trace(spans: Spans) -> None:
    client = redis.Redis(port=1, retry=Retry(NoBackoff(), 0))
    for _ in range(2):
        with pytest.raises(RedisConnectionError):
            client.set("key", "a value that is nobody's")
    with tracing.span("request"), pytest.raises(RedisConnectionError):
        client.set("key", "a value that is nobody's")

    (call,) = spans.named("SET")
    assert parent_of(call) == id_of(spans.one("request"))
    assert "nobody" not in str(dict(call.attributes or {}))


def test_a_request_has_a_span_with_its_id_and_without_its_query(spans: Spans) -> None:
    app = FastAPI()
    app.add_middleware(RequestLog)

    @app.get("/images/{image}")
    async def get_image(image: str) -> str | None:
        return tracing.traceparent()

    @app.get("/health/live")
    async def live() -> str | None:
        return tracing.traceparent()

    tracing.instrument_app(app)

    async def ask() -> tuple[httpx.Response, httpx.Response]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            headers = {"traceparent": REMOTE, "X-Request-ID": "mine"}
            found = await client.get("/images/7?signature=secret", headers=headers)
            return found, await client.get("/health/live")

    image, health = asyncio.run(ask())

    assert health.json() is None
    span = spans.one("GET /images/{image}")
    attributes = dict(span.attributes or {})
    assert (trace_of(span), parent_of(span)) == (REMOTE_TRACE, REMOTE_SPAN)
    assert f"{id_of(span):016x}" in image.json()
    assert attributes["request_id"] == "mine"
    assert "secret" not in str(attributes)
    assert spans.names == ["GET /images/{image}"]


def test_nothing_is_traced_once_it_has_stopped() -> None:
    with kept_spans() as spans:
        pass

    with tracing.span("later"):
        assert tracing.traceparent() is None
    assert spans.names == []
