"""`keys`: what is sent, and that the key alone is on stdout."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

ALL = "/api/v2/keys"
ID = "5e884898da28047151d0e56f8dc62927"
KEY: dict[str, Any] = {
    "id": ID,
    "name": "web [shop]",
    "actions": ["read"],
    "collections": ["photos*"],
    "expires_at": None,
    "rate_per_minute": 600,
    "created_at": "2026-01-01T00:00:00Z",
    "created_by": "administrator 1",
    "last_used_at": None,
    "expired": False,
}


@pytest.fixture(autouse=True)
def _answers(server: Any) -> None:
    server.on("GET", ALL, httpx.Response(200, json={"items": [KEY], "next_cursor": None}))
    server.on("POST", ALL, httpx.Response(201, json={**KEY, "key": "lk_secret"}))
    server.on("DELETE", f"{ALL}/{ID}", httpx.Response(204))


def test_keys_are_listed(command: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert command("keys") == 0
    out = capsys.readouterr().out
    for shown in (ID, "web [shop]", "photos*", "600"):
        assert shown in out
    assert command("keys", "--json") == 0
    assert json.loads(capsys.readouterr().out)["id"] == ID


def test_a_key_is_created_and_shown_alone(
    command: Callable[..., int], server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    code = command(
        *("keys", "create", "web [shop]", "-a", "read", "-a", "write", "-c", "photos*"),
        *("--days", "30", "--rate", "600"),
    )

    assert code == 0
    (body,) = server.bodies
    ends = datetime.fromisoformat(body.pop("expires_at"))
    assert abs(ends - datetime.now(UTC) - timedelta(days=30)) < timedelta(minutes=5)
    assert body == {
        "name": "web [shop]",
        "actions": ["read", "write"],
        "collections": ["photos*"],
        "rate_per_minute": 600,
    }
    printed = capsys.readouterr()
    assert printed.out == "lk_secret\n"
    assert "web [shop]: read in photos*" in printed.err


def test_a_key_reads_all_unless_told_otherwise(command: Callable[..., int], server: Any) -> None:
    assert command("keys", "create", "mine", "--json") == 0
    assert server.bodies == [{"name": "mine", "actions": ["read"], "collections": ["*"]}]


def test_an_action_that_does_not_exist_is_wrong_usage(
    command: Callable[..., int], server: Any
) -> None:
    assert command("keys", "create", "mine", "-a", "destroy") == 2
    assert server.requests == []


def test_a_key_is_revoked(
    command: Callable[..., int], server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("keys", "revoke", ID, "--yes") == 0
    (request,) = server.requests
    assert (request.method, request.url.path) == ("DELETE", f"{ALL}/{ID}")
    assert capsys.readouterr().out == f"revoked {ID}\n"


def test_who_may_not_is_told_so(
    command: Callable[..., int], server: Any, problem: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    server.on("GET", ALL, problem(403, "not_allowed"))
    assert command("keys") == 4
    assert "Told of not_allowed." in capsys.readouterr().err
