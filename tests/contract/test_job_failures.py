"""A job's failures: listed by page and as CSV, and retried."""

import csv
import io
from pathlib import Path

import httpx
import pytest

from shared.domain.chunk import ChunkOutcome, FileRef
from shared.domain.job import Failure
from shared.ledger import Chunks, Jobs, Scans
from shared.redis import RedisClient
from shared.settings import Settings
from tests.chunks import add_chunk
from tests.contract.calls import load, problem


@pytest.fixture
def failed_job(
    api: httpx.Client,
    settings: Settings,
    redis: RedisClient,
    encoder_seen: None,
    collection: str,
    pictures_root: Path,
) -> str:
    """A job that has ended with three failures, the names of which a spreadsheet would run."""
    reply = load(api, collection, pictures_root)
    job_id: str = reply.json()["id"]
    scans, chunks = Scans(redis, "scan-1"), Chunks(redis, "encode-1")
    start = scans.begin(job_id)
    assert start is not None
    refs = [FileRef(uri=uri, size=1, mtime_ns=2) for uri in ("=cmd()", "file:///b", '@c,"d')]
    chunk_id, _ = add_chunk(scans, job_id, start.generation, refs)
    scans.finish(job_id, start.generation)
    chunks.claim(job_id, chunk_id)
    failures = [
        Failure(**ref.model_dump(), code="truncated", reason='It ends\ntoo early, "so".')
        for ref in refs
    ]
    chunks.complete(job_id, chunk_id, ChunkOutcome(failures=tuple(failures)))
    return job_id


def test_failures_are_paged(api: httpx.Client, failed_job: str) -> None:
    url = f"/api/v2/jobs/{failed_job}/failures"

    first = api.get(url, params={"limit": 2}).json()
    second = api.get(url, params={"limit": 2, "cursor": first["next_cursor"]}).json()

    assert [f["uri"] for f in first["items"] + second["items"]] == ["=cmd()", "file:///b", '@c,"d']
    assert second["next_cursor"] is None
    assert set(first["items"][0]) == {"uri", "code", "reason", "attempts", "name", "source_url"}
    for cursor in ("x", "-1", "1.5", "1e230", "9" * 30):
        problem(api.get(url, params={"cursor": cursor}), 422, "invalid_cursor")


def test_failures_come_as_csv_that_no_spreadsheet_runs(api: httpx.Client, failed_job: str) -> None:
    url = f"/api/v2/jobs/{failed_job}/failures"

    reply = api.get(url, headers={"Accept": "text/csv"})

    assert reply.headers["content-type"].startswith("text/csv")
    assert "attachment" in reply.headers["content-disposition"]
    reason = 'It ends\ntoo early, "so".'
    assert list(csv.reader(io.StringIO(reply.text))) == [
        ["uri", "code", "reason", "attempts"],
        ["'=cmd()", "truncated", reason, "1"],
        ["file:///b", "truncated", reason, "1"],
        ["'@c,\"d", "truncated", reason, "1"],
    ]
    for accept in ("application/json, text/csv;q=0.5", "*/*", "text/csv;q=0"):
        assert api.get(url, headers={"Accept": accept}).json()["items"]


def test_a_retry_is_one_new_job_of_the_failed_files(
    api: httpx.Client, failed_job: str, redis: RedisClient, settings: Settings
) -> None:
    first = api.post(f"/api/v2/jobs/{failed_job}/retry")
    second = api.post(f"/api/v2/jobs/{failed_job}/retry")

    assert first.status_code == second.status_code == 202
    assert first.json()["source"] == {"kind": "retry", "job": failed_job, "files": 3}
    assert second.json()["id"] == first.json()["id"] != failed_job
    assert first.headers["Location"] == f"/api/v2/jobs/{first.json()['id']}"
    files = list(Scans(redis, "scan-1").files(first.json()["id"]))
    assert [file.uri for file in files] == ["=cmd()", "file:///b", '@c,"d']

    Jobs(redis, settings).cancel(first.json()["id"])
    third = api.post(f"/api/v2/jobs/{failed_job}/retry").json()
    assert third["id"] not in (failed_job, first.json()["id"])


def test_where_nothing_failed_nothing_is_retried(
    api: httpx.Client, encoder_seen: None, collection: str, pictures_root: Path
) -> None:
    job = load(api, collection, pictures_root).json()

    problem(api.post(f"/api/v2/jobs/{job['id']}/retry"), 409, "nothing_to_retry")
