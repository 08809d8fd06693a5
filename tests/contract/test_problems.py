"""Errors that any call may answer."""

import httpx
import pytest
from structlog.testing import capture_logs

from shared.redis import RedisClient
from tests.contract.calls import problem


@pytest.mark.parametrize(
    "path", ["/nothing", "/api", "/api/v2", "/api/v3/system", "/api/v2/system/", "/%2e%2e/etc"]
)
def test_an_unknown_address_is_404(api: httpx.Client, path: str) -> None:
    problem(api.get(path), 404, "not_found")
    problem(api.post(path), 404, "not_found")


def test_an_unknown_method_is_405(api: httpx.Client) -> None:
    reply = api.put("/api/v2/system")

    problem(reply, 405, "method_not_allowed")
    assert reply.headers["allow"] == "GET"


def test_a_body_that_is_no_json_is_422(api: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}

    reply = api.post("/api/v2/collections", content=b"{", headers=headers)

    problem(reply, 422, "validation_error")
    problem(api.post("/api/v2/collections", content=b"name=a"), 422, "validation_error")
    problem(
        api.post("/api/v2/collections", content=b"[" * 100_000, headers=headers),
        400,
        "bad_request",
    )


def test_a_detail_names_every_wrong_part_and_quotes_none(api: httpx.Client) -> None:
    reply = api.get("/api/v2/jobs?limit=secret&status=hidden")

    body = problem(reply, 422, "validation_error")
    assert [error["field"] for error in body["errors"]] == ["query.status", "query.limit"]
    assert "query.limit" in body["detail"]
    assert "query.status" in body["detail"]
    assert "secret" not in reply.text


def test_a_fault_of_ours_tells_nothing(api: httpx.Client, redis: RedisClient) -> None:
    redis.set("lookalike:jobs", "not the sorted set that it should be")

    with capture_logs() as lines:
        reply = api.get("/api/v2/jobs")

    failed = [line["event"] for line in lines if line["event"] != "request_answered"]
    assert failed == ["request_failed"]
    problem(reply, 500, "internal_error")
    assert "WRONGTYPE" not in reply.text
    assert "lookalike:jobs" not in reply.text
    assert reply.headers["x-content-type-options"] == "nosniff"
