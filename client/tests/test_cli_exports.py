"""`lookalike export`, `exports`, `collections import` and `collections rename`."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from lookalike_client.cli import exports

PART = bytes(range(256)) * 3
MANIFEST = b'{"version": 1}'
BASE = "/api/v2/collections/photos/exports"


@pytest.fixture
def export(job: dict[str, Any]) -> dict[str, Any]:
    part = {
        "name": "images-00000-1.parquet",
        "kind": "images",
        "rows": 3,
        "bytes": len(PART),
        "sha256": hashlib.sha256(PART).hexdigest(),
    }
    return {
        "id": job["id"],
        "version": 1,
        "collection": "photos",
        "description": "",
        "encoder": "e",
        "descriptor": {"pooling": "gem", "weights": "w"},
        "index": {"type": "HNSW", "params": {}},
        "regions": False,
        "images": 3,
        "region_vectors": 0,
        "uploads": 0,
        "with_uploads": True,
        "bytes": len(PART),
        "created_at": "2026-01-01T00:00:00Z",
        "finished_at": "2026-01-01T00:00:01Z",
        "parts": [part],
    }


@pytest.fixture
def finished(server: Any, job: dict[str, Any], export: dict[str, Any]) -> str:
    """The address of an export whose job has ended by the time that anybody looks."""
    ended = {**job, "status": "done", "finished": True, "unchanged": 3}
    event = f"event: end\nid: 1-0\ndata: {json.dumps(ended)}\n\n"
    server.on("POST", BASE, httpx.Response(202, json=job))
    stream = httpx.Response(200, text=event, headers={"content-type": "text/event-stream"})
    server.on("GET", f"/api/v2/jobs/{job['id']}/events", stream)
    address = f"{BASE}/{export['id']}"
    server.on("GET", address, httpx.Response(200, json=export))
    server.on("GET", f"{address}/parts/manifest.json", httpx.Response(200, content=MANIFEST))
    return address


def test_an_export_is_fetched_in_pieces_and_checked(
    command: Callable[..., int],
    server: Any,
    export: dict[str, Any],
    finished: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exports, "_PIECE_BYTES", 500)
    part = f"{finished}/parts/{export['parts'][0]['name']}"
    server.on("GET", part, *(httpx.Response(206, content=p) for p in (PART[:500], PART[500:])))

    assert command("export", "photos", "--to", str(tmp_path), "--no-uploads") == 0
    folder = tmp_path / export["id"]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "manifest.json": MANIFEST,
        export["parts"][0]["name"]: PART,
    }
    assert server.bodies[0] == {"uploads": False}
    ranges = [r.headers["Range"] for r in server.requests if r.url.path == part]
    assert ranges == ["bytes=0-499", "bytes=500-767"]
    # Again, as after a cut: what is there is not fetched again.
    assert command("export", "photos", "--to", str(tmp_path)) == 0
    assert len([r for r in server.requests if r.url.path == part]) == 2


def test_a_part_of_another_content_is_refused(
    command: Callable[..., int],
    server: Any,
    export: dict[str, Any],
    finished: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    part = f"{finished}/parts/{export['parts'][0]['name']}"
    server.on("GET", part, httpx.Response(200, content=bytes(len(PART))))
    assert command("export", "photos", "--to", str(tmp_path)) == 1
    assert "another content" in capsys.readouterr().err
    assert list((tmp_path / export["id"]).iterdir()) == []


def test_exports_are_listed(
    command: Callable[..., int],
    server: Any,
    export: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    server.on("GET", BASE, httpx.Response(200, json={"items": [export], "next_cursor": None}))
    assert command("exports", "photos", "--json") == 0
    assert json.loads(capsys.readouterr().out)["id"] == export["id"]
    assert command("exports", "photos") == 0
    assert export["id"] in capsys.readouterr().out


def test_an_export_is_imported(
    command: Callable[..., int], server: Any, job: dict[str, Any], capsys: Any
) -> None:
    server.on("POST", "/api/v2/collections", httpx.Response(202, json=job))
    assert command("collections", "import", "again", "from_there", "--any-encoder") == 0
    assert server.bodies == [{"name": "again", "from_export": "from_there", "any_encoder": True}]
    assert f"queued as job {job['id']}" in capsys.readouterr().out


def test_a_collection_is_renamed(
    command: Callable[..., int], server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    collection = {
        "name": "new",
        "aliases": ["old"],
        "description": "",
        "count": 3,
        "bytes": 5,
        "encoder": "e",
        "created_at": "2026-01-01T00:00:00Z",
        "state": "loaded",
        "descriptor": {"pooling": "gem", "weights": "w"},
        "index": {"type": "HNSW", "params": {}},
        "regions": False,
    }
    server.on("PATCH", "/api/v2/collections/old", httpx.Response(200, json=collection))
    assert command("collections", "rename", "old", "new", "--keep-alias") == 0
    assert server.bodies == [{"name": "new", "keep_alias": True}]
    assert capsys.readouterr().out == "old is new now\n"
