"""Requests, and readers of answers, that several tests of the API share."""

import io
from pathlib import Path
from typing import Any

import httpx

from tests.drawn import draw
from tests.services import wait_until

JOB_FIELDS = {
    *("id", "collection", "source", "status", "total", "done", "indexed", "unchanged"),
    *("moved", "duplicates", "failed", "ignored", "removed", "bytes", "images_per_second"),
    *("eta_seconds", "created_at", "started_at", "finished_at", "finished", "error"),
}


#: An id that nothing has.
NOTHING = "0" * 32


def png(number: int) -> bytes:
    """A drawn picture."""
    out = io.BytesIO()
    draw(number).save(out, "PNG")
    return out.getvalue()


def every_call(
    client: httpx.Client, collection: str, root: Path, job_id: str = NOTHING
) -> dict[str, httpx.Response]:
    """One request for each call that needs a store."""
    base = f"/api/v2/collections/{collection}"
    job = f"/api/v2/jobs/{job_id}"
    load = {"source": {"kind": "directory", "path": str(root)}}
    return {
        "list_collections": client.get("/api/v2/collections"),
        "create_collection": client.post("/api/v2/collections", json={"name": collection}),
        "get_collection": client.get(base),
        "delete_collection": client.delete(base),
        "update_collection": client.patch(base, json={"description": "new"}),
        "create_export": client.post(f"{base}/exports"),
        "list_exports": client.get(f"{base}/exports"),
        "create_job": client.post(f"{base}/jobs", json=load),
        "upload_images": client.post(f"{base}/images", files={"files": png(1)}),
        "list_jobs": client.get("/api/v2/jobs"),
        "get_job": client.get(job),
        # Of no job: those of a running one have no end.
        "events": client.get(f"/api/v2/jobs/{NOTHING}/events"),
        "failures": client.get(f"{job}/failures"),
        "job_duplicates": client.get(f"{job}/duplicates"),
        "pause": client.post(f"{job}/pause"),
        "resume": client.post(f"{job}/resume"),
        "cancel": client.post(f"{job}/cancel"),
        "retry": client.post(f"{job}/retry"),
        "list_images": client.get(f"{base}/images"),
        "get_image": client.get(f"{base}/images/{NOTHING}"),
        "patch_image": client.patch(f"{base}/images/{NOTHING}", json={"tags": []}),
        "delete_image": client.delete(f"{base}/images/{NOTHING}"),
        "delete_images": client.delete(f"{base}/images?tag=a"),
        "content": client.get(f"{base}/images/{NOTHING}/content"),
        "thumbnail": client.get(f"{base}/images/{NOTHING}/thumbnail"),
        "search": client.post(f"{base}/search", files={"file": png(1)}),
        "similar": client.get(f"{base}/images/{NOTHING}/similar"),
        "vector": client.post(f"{base}/search/vector", json={"vector": [1.0] * 512}),
        "query": client.post(f"{base}/query", json={"positive": [{"vector": [1.0] * 512}]}),
        "query_batch": client.post(f"{base}/query/batch", json={"queries": [{}]}),
        "count_images": client.post(f"{base}/count", json={}),
        "list_facets": client.get(f"{base}/facets"),
        "tag_images": client.post(f"{base}/images/tags", json={"filter": {}, "add": ["a"]}),
        "find_duplicates": client.post(f"{base}/duplicates"),
        "list_duplicates": client.get(f"{base}/duplicates"),
        "dismiss_duplicates": client.post(f"{base}/duplicates/{NOTHING}/dismiss"),
        "resolve_duplicates": client.post(
            f"{base}/duplicates/{NOTHING}/resolve", json={"keep": [NOTHING]}
        ),
        "list_webhooks": client.get("/api/v2/webhooks"),
        "create_webhook": client.post(
            "/api/v2/webhooks",
            json={
                # It is looked up, and asked for nothing as long as no job ends.
                "url": "https://93.184.216.34/",
                "events": ["job.finished"],
                "secret": "sixteen or more of them",
            },
        ),
        "get_webhook": client.get(f"/api/v2/webhooks/{NOTHING}"),
        "delete_webhook": client.delete(f"/api/v2/webhooks/{NOTHING}"),
        "system": client.get("/api/v2/system"),
        "train": client.post("/api/v1/train", json={"File": str(root)}),
        "process": client.get("/api/v1/process"),
        "count": client.post("/api/v1/count"),
        "v1_search": client.post("/api/v1/search", files={"file": png(1)}),
        "v1_delete": client.post("/api/v1/delete"),
        "data": client.get(f"/data/{NOTHING}.jpg"),
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
    assert body["request_id"] == reply.headers["x-request-id"]
    assert "Traceback" not in reply.text
    return body


def plain(reply: httpx.Response, text: str) -> None:
    """Check a plain-text answer of v1, to the letter."""
    assert (reply.status_code, reply.text) == (200, text)
    assert reply.headers["content-type"].startswith("text/plain")


def search(api: httpx.Client, url: str, picture: bytes, **fields: Any) -> httpx.Response:
    return api.post(f"{url}/search", files={"file": ("a.jpg", picture)}, data=fields)
