"""Requests, and readers of answers, that several tests of the API share."""

from pathlib import Path
from typing import Any

import httpx

from tests.services import wait_until

JOB_FIELDS = {
    *("id", "collection", "source", "status", "total", "done", "indexed", "unchanged"),
    *("moved", "duplicates", "failed", "ignored", "removed", "bytes", "images_per_second"),
    *("eta_seconds", "created_at", "started_at", "finished_at", "finished", "error"),
}


def load(api: httpx.Client, collection: str, path: Path, **body: Any) -> httpx.Response:
    source = {"kind": "directory", "path": str(path), **body.pop("source", {})}
    return api.post(f"/api/v2/collections/{collection}/jobs", json={"source": source, **body})


def ended(api: httpx.Client, job_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        job: dict[str, Any] = api.get(f"/api/v2/jobs/{job_id}").json()
        return job if job["finished_at"] else None

    return wait_until(look, 20, "the end of the job")


def problem(reply: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Assert that a reply is this error, in the form that every error has."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = reply.json()
    assert body["code"] == code, body
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["type"] == f"urn:lookalike:problem:{code}"
    assert "Traceback" not in reply.text
    return body


def plain(reply: httpx.Response, text: str) -> None:
    """Check a plain-text answer of v1, to the letter."""
    assert (reply.status_code, reply.text) == (200, text)
    assert reply.headers["content-type"].startswith("text/plain")


def search(api: httpx.Client, url: str, picture: bytes, **fields: Any) -> httpx.Response:
    return api.post(f"{url}/search", files={"file": ("a.jpg", picture)}, data=fields)
