"""`webhooks` and `jobs follow`: what is sent, and what is printed."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

ALL = "/api/v2/webhooks"
WEBHOOK = {
    "id": "7" * 32,
    "url": "https://example.com/hook",
    "events": ["job.finished"],
    "created_at": "2026-01-01T00:00:00Z",
    "waiting": 1,
    "delivered": 1234,
    "given_up": 0,
    "dropped": 0,
    "failures": 2,
    "next_try": "2026-01-01T00:01:00Z",
    "last_delivery": {"job": "1", "at": "2026-01-01T00:00:30Z", "ok": False, "code": "http_503"},
}
EVENTS = "/api/v2/events"


def test_webhooks_are_listed(
    command: Callable[..., int], server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    server.on("GET", ALL, httpx.Response(200, json={"items": [WEBHOOK], "next_cursor": None}))

    assert command("webhooks") == 0
    out = capsys.readouterr().out
    for shown in ("https://example.com/hook", "1,234", "http_503"):
        assert shown in out
    assert command("webhooks", "--json") == 0
    assert json.loads(capsys.readouterr().out)["failures"] == 2


def test_a_webhook_is_added_with_a_secret_that_is_not_printed(
    command: Callable[..., int],
    server: Any,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.on("POST", ALL, httpx.Response(201, json=WEBHOOK))
    monkeypatch.setenv("LOOKALIKE_WEBHOOK_SECRET", "sixteen or more of them")

    assert command("webhooks", "add", "https://example.com/hook") == 0

    assert server.bodies == [
        {
            "url": "https://example.com/hook",
            "events": ["job.finished"],
            "secret": "sixteen or more of them",
        }
    ]
    assert "sixteen" not in capsys.readouterr().out


def test_a_webhook_is_deleted(
    command: Callable[..., int], server: Any, problem: Callable[..., httpx.Response]
) -> None:
    server.on("DELETE", f"{ALL}/7", httpx.Response(204))
    server.on("DELETE", f"{ALL}/8", problem(404, "webhook_not_found"))

    assert command("webhooks", "delete", "7") == 0
    assert command("webhooks", "delete", "8") == 3


def test_all_jobs_are_followed_over_lost_connections(
    command: Callable[..., int],
    server: Any,
    job: dict[str, Any],
    problem: Callable[..., httpx.Response],
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stream(*events: str) -> httpx.Response:
        head = {"Content-Type": "text/event-stream"}
        return httpx.Response(200, headers=head, text="".join(f"{e}\n\n" for e in events))

    state = json.dumps(job)
    server.on(
        "GET",
        EVENTS,
        stream(": begun\nretry: 100", f"event: progress\ndata: {state}", "id: 5-0"),
        stream(": begun"),
        stream(": begun"),
        stream(": begun"),
        stream("event: reset\ndata: {}", f"event: end\nid: 6-1\ndata: {state}"),
        problem(401, "unauthorized"),
    )

    assert command("jobs", "follow", "--collection", "photos") == 4

    captured = capsys.readouterr()
    assert captured.out.count(job["id"]) == 2
    assert "lost" in captured.err
    asked = [request.headers.get("last-event-id") for request in server.requests]
    assert asked == [None, *["5-0"] * 4, "6-1"]
    assert all(request.url.params["collection"] == "photos" for request in server.requests)
