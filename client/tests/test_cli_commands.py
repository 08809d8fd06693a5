"""The other commands, errors, completion."""

import json
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer

from lookalike_client import Client
from lookalike_client.cli import main, session

IMAGES = "/api/v2/collections/photos/images"


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
    server.on("GET", path, page({**failure, "name": "a"}))

    assert command("failures", "1") == 0
    assert "/a [b].jpg" in capsys.readouterr().out
    assert command("failures", "1", "--json") == 0
    assert json.loads(capsys.readouterr().out)["code"] == "truncated"
    server.on("GET", path, httpx.Response(200, text="uri,code\r\n"))
    assert command("failures", "1", "--csv") == 0
    assert "uri,code" in capsys.readouterr().out


def test_images_are_listed_shown_and_saved(
    command: Callable[..., int],
    server: Any,
    image: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server.on("GET", IMAGES, page(image))
    server.on("GET", f"{IMAGES}/1", httpx.Response(200, json=image))
    server.on("GET", f"{IMAGES}/1/content", httpx.Response(200, content=b"bytes"))

    assert command("images", "--tag", "a", "--folder", "/f", "--order", "-added_at") == 0
    assert "640x480" in capsys.readouterr().out
    asked = json.loads(server.requests[0].url.params["filter"])
    assert asked == {"must": [{"field": "tags", "any": ["a"]}, {"folder": "/f"}]}
    assert command("images", "1", "--save", tmp_path / "a.jpg") == 0
    assert (tmp_path / "a.jpg").read_bytes() == b"bytes"
    assert command("images", "--save", tmp_path / "a.jpg") == 2


def test_tags_are_changed_until_none_remains(
    command: Callable[..., int], server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def changed(remaining: int) -> httpx.Response:
        return httpx.Response(200, json={"changed": 5, "remaining": remaining, "missing": []})

    server.on("POST", f"{IMAGES}/tags", changed(3), changed(0))

    assert command("tag", "--folder", "/f", "--add", "x", "--remove", "y", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"changed": 10, "missing": []}
    body = {"filter": {"must": [{"folder": "/f"}]}, "add": ["x"], "remove": ["y"]}
    assert server.bodies == [body, body]


@pytest.mark.parametrize(
    "arguments",
    [["--add", "x"], ["1" * 32], ["1" * 32, "--folder", "/f", "--add", "x"]],
)
def test_tag_wants_images_and_tags(
    command: Callable[..., int], server: Any, arguments: list[str]
) -> None:
    assert command("tag", *arguments) == 2
    assert server.requests == []


def test_forget_asks_first(
    command: Callable[..., int],
    server: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ids = [f"{number:032x}" for number in range(101)]
    count = httpx.Response(200, json={"count": 50})
    server.on("POST", "/api/v2/collections/photos/count", count)
    server.on("DELETE", IMAGES, httpx.Response(200, json={"deleted": 50}))
    asked: list[str] = []

    def refuse(text: str, **_: object) -> None:
        asked.append(text)
        raise typer.Abort

    monkeypatch.setattr("typer.confirm", refuse)
    assert command("forget", *ids) == 1
    assert asked == ["Forget 100 images of photos?"]
    assert {request.method for request in server.requests} == {"POST"}

    assert command("forget", *ids, "--yes") == 0
    assert capsys.readouterr().out == "100 forgotten\n"
    assert command("forget") == 2


def test_forgetting_many_is_a_job(
    command: Callable[..., int],
    server: Any,
    job: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    server.on("DELETE", IMAGES, httpx.Response(202, json=job))

    assert command("forget", "--tag", "a", "--yes", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"deleted": 0, "jobs": [job["id"]]}


def test_an_upload_says_what_was_sent(
    command: Callable[..., int],
    server: Any,
    job: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = {"max_upload_mb": 64, "max_upload_files": 10}
    limits |= dict.fromkeys(("max_pixels", "max_top_k", "max_tags", "queue_limit"), 1)
    formats = [{"name": "png", "media_type": "image/png", "extensions": ["png"]}]
    system = {"limits": limits, "formats": formats, "untrained": False, "pooling": "rmac"}
    system |= {"encoder": None, "weights": None, "default_collection": "c", "workers": []}
    system |= {"queues": {}, "jobs_active": 0, "image_roots": [], "versions": {}}
    server.on("GET", "/api/v2/system", httpx.Response(200, json=system))
    server.on("GET", IMAGES, page())
    said = {"name": "b.png", "id": None, "uri": None, "code": "corrupt", "reason": "r"}
    files = [{**said, "outcome": "queued"}, {**said, "outcome": "rejected"}]
    server.on("POST", IMAGES, httpx.Response(202, json={**job, "files": files}))
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(name.encode())

    assert command("upload", tmp_path, "--tag", "t", "--wait") == 6
    out, err = capsys.readouterr()
    assert out == "1 sent (2 B), 0 known already, 1 failed\n"
    assert err == f"{tmp_path}/b.png: r (corrupt)\n"
    assert command("upload", tmp_path / "nothing") == 2


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
        "index": {"type": "HNSW", "params": {}, "metric": "COSINE"},
    }
    path = "/api/v2/collections"
    server.on("GET", path, page(collection))
    server.on("POST", path, httpx.Response(201, json=collection))
    server.on("GET", f"{path}/new", httpx.Response(200, json=collection))
    server.on("DELETE", f"{path}/new", httpx.Response(204))

    assert command("collections") == 0
    assert "new" in capsys.readouterr().out
    assert command("collections", "create", "new", "--pooling", "gem") == 0
    assert server.bodies == [{"name": "new", "descriptor": {"pooling": "gem"}}]
    assert command("collections", "show", "new") == 0
    assert command("collections", "delete", "new", "--yes", "--json") == 0
    assert "DELETE" in {request.method for request in server.requests}


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
