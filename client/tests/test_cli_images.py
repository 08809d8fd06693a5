"""`images`, `tag`, `forget` and `upload`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer

IMAGES = "/api/v2/collections/photos/images"


def page(*items: Any) -> httpx.Response:
    return httpx.Response(200, json={"items": list(items), "next_cursor": None})


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
    system |= {
        "queues": {},
        "jobs_active": 0,
        "image_roots": [],
        "bucket_roots": [],
        "versions": {},
    }
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
