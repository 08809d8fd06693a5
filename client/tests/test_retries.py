"""What is tried again, when, and how often: the same by both clients."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from lookalike_client import (
    AsyncClient,
    Client,
    ConnectionFailed,
    NotFound,
    Retries,
    TooManyRequests,
    Unavailable,
    calls,
    models,
)
from lookalike_client.exchange import prepared

OK = httpx.Response(200, json={"count": 1})
COUNT = "/api/v2/collections/photos/count"
REFUSED = httpx.ConnectError("refused")
LOST = httpx.ReadError("lost")


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest, client: Client, async_client: AsyncClient) -> Any:
    """Performs a call by one client or the other, and gives what it gives."""

    async def perform(call: Any, retries: Retries | None = None) -> Any:
        if request.param == "sync":
            return client.run(call, retries)
        return await async_client.run(call, retries)

    return perform


@pytest.mark.parametrize("status", [429, 503])
async def test_a_refusal_is_repeated_when_the_server_says(
    run: Any, server: Any, problem: Callable[..., httpx.Response], status: int
) -> None:
    server.on("POST", COUNT, problem(status, "busy", {"Retry-After": "3"}), OK)

    assert (await run(calls.count_images("photos", {}))).count == 1

    assert server.slept == [3.0]
    assert [r.headers["x-api-key"] for r in server.requests] == ["secret", "secret"]


async def test_without_retry_after_waits_grow(
    run: Any, server: Any, problem: Callable[..., httpx.Response]
) -> None:
    server.on("POST", COUNT, *[problem(503, "redis_unavailable")] * 4, OK)

    await run(calls.count_images("photos", {}))

    first, second, third, fourth = server.slept
    assert first <= 0.5 < second <= 1 < third <= 2 < fourth <= 4


async def test_no_wait_is_longer_than_patience(
    run: Any, server: Any, problem: Callable[..., httpx.Response]
) -> None:
    server.on("POST", COUNT, problem(429, "queue_full", {"Retry-After": "61"}))

    with pytest.raises(TooManyRequests) as caught:
        await run(calls.count_images("photos", {}))

    assert (caught.value.code, caught.value.retry_after) == ("queue_full", 61.0)
    assert server.slept == []


async def test_attempts_end(run: Any, server: Any, problem: Callable[..., httpx.Response]) -> None:
    server.on("POST", COUNT, problem(503, "no_encoder", {"Retry-After": "1"}))

    with pytest.raises(Unavailable):
        await run(calls.count_images("photos", {}), Retries(attempts=3))

    assert len(server.requests) == 3


async def test_other_errors_are_told_at_once(
    run: Any, server: Any, problem: Callable[..., httpx.Response]
) -> None:
    server.on("POST", COUNT, problem(404, "collection_not_found"))

    with pytest.raises(NotFound) as caught:
        await run(calls.count_images("photos", {}))

    assert caught.value.code == "collection_not_found"
    assert len(server.requests) == 1


async def test_a_connection_that_was_refused_is_repeated(run: Any, server: Any) -> None:
    server.on("POST", COUNT, REFUSED, OK)

    assert (await run(calls.count_images("photos", {}))).count == 1


async def test_a_server_that_is_gone_is_told_however_long_a_full_queue_is_waited_for(
    run: Any, server: Any
) -> None:
    server.on("POST", COUNT, REFUSED)

    with pytest.raises(ConnectionFailed):
        await run(calls.count_images("photos", {}), Retries(attempts=1000, patience=3600))

    assert len(server.requests) == 5


async def test_a_change_is_not_sent_twice_if_its_reply_was_lost(run: Any, server: Any) -> None:
    server.on("POST", COUNT, LOST, OK)

    with pytest.raises(ConnectionFailed, match="hung up") as caught:
        await run(calls.count_images("photos", {}))

    assert caught.value.sent
    assert len(server.requests) == 1


async def test_a_question_is_sent_twice_if_its_reply_was_lost(run: Any, server: Any) -> None:
    server.on("GET", "/health/live", LOST, httpx.Response(200, json={"status": "alive"}))

    assert isinstance(await run(calls.get_liveness()), models.Liveness)


async def test_a_reply_of_an_outage_that_was_asked_for_is_no_error(run: Any, server: Any) -> None:
    check = {"state": "away", "age_seconds": None}
    body = {"status": "not_ready", "redis": check, "milvus": check, "encoder": check}
    server.on("GET", "/health/ready", httpx.Response(503, json=body))

    assert (await run(calls.get_readiness())).status == "not_ready"
    assert len(server.requests) == 1


async def test_a_call_that_takes_a_key_has_one_and_is_repeated(run: Any, server: Any) -> None:
    server.on("POST", COUNT, LOST, OK)
    call = replace(calls.count_images("photos", {}), headers={"Idempotency-Key": None})

    assert (await run(call)).count == 1

    first, second = [r.headers["idempotency-key"] for r in server.requests]
    assert first == second
    assert prepared(call).headers != prepared(call).headers


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (httpx.ConnectTimeout("x"), "cannot be reached"),
        (httpx.ReadTimeout("x"), "did not answer in time"),
    ],
)
async def test_failures_name_the_server(
    run: Any, server: Any, error: httpx.TransportError, text: str
) -> None:
    server.on("POST", COUNT, error)

    with pytest.raises(ConnectionFailed, match=f"http://server {text}"):
        await run(calls.count_images("photos", {}), Retries(attempts=1))
