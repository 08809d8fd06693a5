"""Ids of requests, and their lines in the log."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import structlog
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from gateway.http.problems import UnhandledErrors, problem_response
from gateway.http.request_log import RequestLog
from shared.log import bound_request_id

App = Callable[[Scope, Receive, Send], Awaitable[None]]


def request(
    app: App, given: str | None = None, *, path: str = "/api/v2/jobs", enabled: bool = True
) -> tuple[list[Message], list[dict[str, Any]]]:
    """What a request answers, and the lines that it logs."""
    headers = [] if given is None else [(b"x-request-id", given.encode("latin-1"))]
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"signature=secret",
        "headers": [*headers, (b"x-api-key", b"secret")],
        "client": ("10.0.0.9", 1234),
    }
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    with capture_logs() as lines:
        asyncio.run(RequestLog(app, enabled=enabled)(scope, receive, send))
    return sent, [dict(line) for line in lines]


def header(sent: list[Message]) -> str:
    return str(dict(sent[0]["headers"])[b"x-request-id"], "ascii")


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    scope["route"] = type("Route", (), {"path": "/api/v2/jobs/{job}"})
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"abc", "more_body": True})
    await send({"type": "http.response.body", "body": b"de"})


@pytest.mark.parametrize("given", ["a", "5f2b6c0e9d3f", "web-7:order_1.2@x=+", "x" * 128])
def test_an_id_that_was_sent_is_kept(given: str) -> None:
    assert header(request(answer, given)[0]) == given


@pytest.mark.parametrize(
    "given", [None, "", "x" * 129, "a b", "a\tb", "\xe9", '"', "a;b", "{}", "a\r\nSet-Cookie:x"]
)
def test_another_one_is_made(given: str | None) -> None:
    made = {header(request(answer, given)[0]) for _ in range(2)}

    assert len(made) == 2
    assert all(len(each) == 32 and int(each, 16) >= 0 for each in made)


def test_a_line_has_the_route_and_no_secret() -> None:
    _, (line,) = request(answer)

    assert line.pop("milliseconds") >= 0
    assert line == {
        "event": "request_answered",
        "log_level": "info",
        "method": "GET",
        "route": "/api/v2/jobs/{job}",
        "status": 200,
        "bytes": 5,
        "client": "10.0.0.9",
    }


def test_what_is_asked_for_all_the_time_is_for_debugging() -> None:
    levels = {
        path: request(answer, path=path)[1][0]["log_level"]
        for path in ("/health/live", "/metrics", "/api/v2/system")
    }

    assert levels == {"/health/live": "debug", "/metrics": "debug", "/api/v2/system": "info"}


def test_no_line_where_none_is_wanted() -> None:
    sent, lines = request(answer, "mine", enabled=False)

    assert (header(sent), lines) == ("mine", [])


def test_the_id_is_bound_while_the_request_is_answered() -> None:
    seen = []

    async def look(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(bound_request_id())
        seen.append(await asyncio.to_thread(bound_request_id))
        await answer(scope, receive, send)

    request(look, "mine")

    assert seen == ["mine", "mine"]
    assert "request_id" not in structlog.contextvars.get_contextvars()


def test_an_answer_that_broke_off_says_so() -> None:
    async def part(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"abc", "more_body": True})

    async def none(scope: Scope, receive: Receive, send: Send) -> None:
        """The client has left before an answer began."""

    assert request(part)[1][0] | {"milliseconds": 0} == {
        "event": "request_answered",
        "log_level": "info",
        "method": "GET",
        "route": "other",
        "status": 200,
        "milliseconds": 0,
        "bytes": 3,
        "client": "10.0.0.9",
        "complete": False,
    }
    assert request(none)[1][0]["status"] is None


def test_a_problem_names_its_request() -> None:
    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        await problem_response(404, "not_found", "Not found", "Nothing.")(scope, receive, send)

    async def crash(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError

    for app in (fail, UnhandledErrors(crash)):
        sent, _ = request(app, "mine")
        assert b'"request_id": "mine"' in sent[1]["body"]
        assert header(sent) == "mine"
