"""`lookalike collections reencode`."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

URL = "/api/v2/collections/photos/reencode"
STATE = {
    "state": "kept",
    "job": "1",
    "encoder": "vgg16:w:stretch224:avg:512:v1",
    "descriptor": {"pooling": "avg", "weights": "w"},
    "index": {"type": "FLAT", "params": {}},
}


def test_a_reencoding_is_started_shown_and_dropped(
    command: Callable[..., int],
    server: Any,
    job: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    server.on("POST", URL, httpx.Response(202, json=job))
    server.on("GET", URL, httpx.Response(200, json=STATE))
    server.on("DELETE", URL, httpx.Response(204))

    ask = ("collections", "reencode", "photos")
    assert command(*ask, "--pooling", "rmac") == 0
    assert f"queued as job {job['id']}" in capsys.readouterr().out
    assert command(*ask, "--index", "FLAT", "--allow-missing", "--json") == 0
    bodies = [json.loads(request.content) for request in server.requests]
    assert bodies == [{"pooling": "rmac"}, {"index": {"type": "FLAT"}, "allow_missing": True}]
    assert json.loads(capsys.readouterr().out)["id"] == job["id"]
    assert command(*ask) == 0
    assert capsys.readouterr().out == "kept: vgg16:w:stretch224:avg:512:v1, FLAT, job 1\n"
    assert command(*ask, "--json") == 0
    assert json.loads(capsys.readouterr().out)["state"] == "kept"
    assert command(*ask, "--drop") == 0
    assert command(*ask, "--drop", "--json") == 0
    assert [request.method for request in server.requests][-2:] == ["DELETE", "DELETE"]
