"""The other commands, errors, completion."""

import json
from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any

import httpx
import pytest

from lookalike_client import Client
from lookalike_client.cli import main, session


def page(*items: Any) -> httpx.Response:
    return httpx.Response(200, json={"items": list(items), "next_cursor": None})


@pytest.mark.parametrize(
    ("status", "code", "exit_code"),
    [
        (404, "job_not_found", 3),
        (401, "unauthorized", 4),
        (403, "not_allowed", 4),
        (429, "queue_full", 5),
        (503, "redis_unavailable", 5),
        (409, "nothing_to_retry", 1),
    ],
)
def test_errors_are_one_line_with_an_exit_code(
    command: Callable[..., int],
    server: Any,
    problem: Callable[..., httpx.Response],
    capsys: pytest.CaptureFixture[str],
    status: int,
    code: str,
    exit_code: int,
) -> None:
    server.on("GET", "/api/v2/jobs/1", problem(status, code, detail="Two\nlines."))

    assert command("jobs", "show", "1") == exit_code
    assert capsys.readouterr().err == "lookalike: Two lines.\n"


def test_a_server_that_is_not_there(
    command: Callable[..., int], server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    server.on("GET", "/health/ready", httpx.ConnectError("refused"))

    assert command("--url", "http://there", "status") == 5
    assert capsys.readouterr().err == "lookalike: http://there cannot be reached: refused.\n"


def test_jobs_are_listed_up_to_a_limit(
    command: Callable[..., int],
    server: Any,
    job: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    server.on("GET", "/api/v2/jobs", page(job, job, job))

    assert command("jobs", "--limit", "2", "--status", "running", "--json") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert dict(server.requests[0].url.params) == {"status": "running", "limit": "2"}
    assert command("jobs") == 0
    assert job["id"] in capsys.readouterr().out


@pytest.mark.parametrize("action", ["cancel", "pause", "resume", "retry"])
def test_jobs_are_steered(
    command: Callable[..., int], server: Any, job: dict[str, Any], action: str
) -> None:
    status = 202 if action == "retry" else 200
    server.on("POST", f"/api/v2/jobs/1/{action}", httpx.Response(status, json=job))

    assert command("jobs", action, "1") == 0
    assert command("jobs", action, "1", "--json") == 0


def test_failures_as_table_json_and_csv(
    command: Callable[..., int], server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    failure = {"uri": "file:///a%20[b].jpg", "code": "truncated", "reason": "r", "attempts": 1}
    path = "/api/v2/jobs/1/failures"
    server.on("GET", path, page({**failure, "name": "a", "source_url": None}))

    assert command("failures", "1") == 0
    assert "/a [b].jpg" in capsys.readouterr().out
    assert command("failures", "1", "--json") == 0
    assert json.loads(capsys.readouterr().out)["code"] == "truncated"
    server.on("GET", path, httpx.Response(200, text="uri,code\r\n"))
    assert command("failures", "1", "--csv") == 0
    assert "uri,code" in capsys.readouterr().out


def test_collections_are_made_and_dropped(
    command: Callable[..., int], server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    collection = {
        "name": "new",
        "description": "",
        "count": 3,
        "bytes": 5,
        "encoder": "e",
        "created_at": "2026-01-01T00:00:00Z",
        "state": "loaded",
        "descriptor": {"pooling": "gem", "dimension": 512, "weights": "w"},
        "index": {"type": "HNSW_SQ", "params": {"M": 32, "refine": True}, "metric": "COSINE"},
        "regions": False,
        "aliases": ["old"],
    }
    path = "/api/v2/collections"
    server.on("GET", path, page(collection))
    server.on("POST", path, httpx.Response(201, json=collection))
    server.on("GET", f"{path}/new", httpx.Response(200, json=collection))
    server.on("DELETE", f"{path}/new", httpx.Response(204))

    assert command("collections") == 0
    assert "new" in capsys.readouterr().out
    assert command("collections", "create", "new", "--pooling", "gem", "--regions") == 0
    assert server.bodies == [{"name": "new", "descriptor": {"pooling": "gem"}, "regions": True}]
    index = ("--index", "hnsw_sq", "--index-params", '{"M": 32}')
    assert command("collections", "create", "new", *index) == 0
    assert server.bodies[1] == {"name": "new", "index": {"type": "HNSW_SQ", "params": {"M": 32}}}
    for wrong in (("--index", "tree"), ("--index", "HNSW", "--index-params", "M=32")):
        assert command("collections", "create", "new", *wrong) == 2
    assert len(server.bodies) == 2
    capsys.readouterr()
    assert command("collections", "show", "new") == 0
    assert "HNSW_SQ (M 32, refine true)" in capsys.readouterr().out
    assert command("collections", "delete", "new", "--yes", "--json") == 0
    assert "DELETE" in {request.method for request in server.requests}


def test_status_says_what_is_away(
    command: Callable[..., int], server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    up, away = ({"state": state, "age_seconds": 1.0} for state in ("ok", "away"))
    body = {"status": "not_ready", "redis": up, "milvus": away, "encoder": up}
    server.on("GET", "/health/ready", httpx.Response(503, json=body))

    assert command("status") == 5
    line = "http://127.0.0.1:8000 is not ready  redis: ok  milvus: away  encoder: ok\n"
    assert capsys.readouterr().out == line
    assert command("status", "--json") == 5
    assert json.loads(capsys.readouterr().out)["readiness"]["milvus"]["state"] == "away"


def test_completion_gives_names_or_nothing(
    server: Any, job: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(**options: Any) -> Client:
        options["transport"] = httpx.MockTransport(server.answer)
        return Client("http://server", **options)

    monkeypatch.setattr(session, "Client", connect)
    server.on("GET", "/api/v2/jobs", page(job))
    server.on("GET", "/api/v2/collections", httpx.ConnectError("refused"))

    assert session.complete_job("0f6f") == [(job["id"], "photos: running")]
    assert session.complete_job("1") == []
    assert session.complete_collection("") == []


def test_plugins_take_their_own_options(
    command: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[list[str]] = []

    def plugin(arguments: list[str]) -> int:
        taken.append(arguments)
        return 9

    monkeypatch.setattr(EntryPoint, "load", lambda _: plugin)
    monkeypatch.setattr(main.app, "registered_commands", list(main.app.registered_commands))
    main._plug_in(EntryPoint("measure", "x:y", main.PLUGINS))

    assert command("measure", "folder", "--at", "1", "--help") == 9
    assert taken == [["measure", "folder", "--at", "1", "--help"]]


def test_without_a_command_there_is_help(
    command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command() == 0
    assert "Exit codes: 0 done" in capsys.readouterr().out
