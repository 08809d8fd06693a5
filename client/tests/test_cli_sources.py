"""`sources`: what is sent, after the contract."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

ALL = "/api/v2/collections/photos/sources"
ONE = f"{ALL}/7"
SOURCE = {
    "id": "7",
    "collection": "photos",
    "source": {
        "kind": "directory",
        "path": "/photos",
        "recursive": True,
        "pattern": None,
        "exclude": [],
    },
    "on_duplicate": "keep",
    "sync": False,
    "cron": "0 3 * * *",
    "watch": False,
    "paused": False,
    "next_run": "2026-01-02T03:00:00Z",
    "last_job": None,
    "created_at": "2026-01-01T00:00:00Z",
}


@pytest.fixture(autouse=True)
def _answers(server: Any, job: dict[str, Any]) -> None:
    server.on("GET", ALL, httpx.Response(200, json={"items": [SOURCE], "next_cursor": None}))
    server.on("POST", ALL, httpx.Response(201, json=SOURCE))
    server.on("PATCH", ONE, httpx.Response(200, json={**SOURCE, "paused": True}))
    server.on("DELETE", ONE, httpx.Response(204))
    server.on("POST", f"{ONE}/jobs", httpx.Response(202, json=job))


def test_sources_are_listed(
    command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("sources") == 0
    assert "/photos" in capsys.readouterr().out


def test_a_source_is_added(command: Callable[..., int], server: Any) -> None:
    code = command(
        *("sources", "add", "/photos", "--cron", "0 3 * * *", "--watch", "--sync"),
        *("--skip-duplicates", "--exclude", "*.tmp"),
    )

    assert code == 0
    assert server.bodies == [
        {
            "source": {"kind": "directory", "path": "/photos", "exclude": ["*.tmp"]},
            "on_duplicate": "skip",
            "sync": True,
            "cron": "0 3 * * *",
            "watch": True,
        }
    ]


@pytest.mark.parametrize(
    ("action", "request_line", "body"),
    [
        ("pause", f"PATCH {ONE}", {"paused": True}),
        ("resume", f"PATCH {ONE}", {"paused": False}),
        ("delete", f"DELETE {ONE}", None),
        ("run", f"POST {ONE}/jobs", None),
    ],
)
def test_a_source_is_held_and_run(
    command: Callable[..., int], server: Any, action: str, request_line: str, body: Any
) -> None:
    assert command("sources", action, "7") == 0
    assert command("sources", action, "7", "--json") == 0

    (request, _) = server.requests
    assert f"{request.method} {request.url.path}" == request_line
    assert server.bodies == ([body] * 2 if body else [])


def test_options_before_the_command_are_not_lost(
    command: Callable[..., int], server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("sources", "-c", "other", "delete", "7") == 2
    assert "Put --collection behind delete." in capsys.readouterr().err
    assert server.requests == []
