"""Jobs: loads of directories, lists, cancelling, pausing and resuming."""

from pathlib import Path

import httpx
import pytest

from shared.files.uris import file_uri
from shared.ledger import Jobs
from shared.queue import SCAN
from shared.redis import RedisClient
from shared.settings import Settings
from tests.contract.calls import JOB_FIELDS, ended, load, problem
from tests.contract.server import serving
from tests.contract.workers import Encoder
from tests.drawn import draw_files


def test_a_directory_is_loaded(
    api: httpx.Client, encoder: Encoder, collection: str, pictures_root: Path
) -> None:
    paths = draw_files(pictures_root / "2024", 3)
    (pictures_root / "2024" / "broken.jpg").write_bytes(paths[0].read_bytes()[:500])

    reply = load(
        api, collection, pictures_root / "2024", tags=["summer", "summer"], metadata={"a": [1]}
    )

    assert reply.status_code == 202
    job = reply.json()
    assert reply.headers["Location"] == f"/api/v2/jobs/{job['id']}"
    assert set(job) == JOB_FIELDS
    assert job["finished"] is False
    assert job["collection"] == collection
    assert job["source"] == {
        "kind": "directory",
        "path": str(pictures_root / "2024"),
        "recursive": True,
        "pattern": None,
        "exclude": [],
    }
    job = ended(api, job["id"])
    assert (job["status"], job["finished"]) == ("done", True)
    assert (job["total"], job["done"], job["indexed"], job["failed"]) == (4, 4, 3, 1)
    images = api.get(f"/api/v2/collections/{collection}/images").json()["items"]
    assert sorted(image["uri"] for image in images) == sorted(map(file_uri, paths))
    assert all(image["tags"] == ["summer"] for image in images)
    assert all(image["metadata"] == {"a": [1]} for image in images)
    assert all(image["job"] == job["id"] for image in images)


@pytest.mark.parametrize("allowed", [False, True])
def test_a_mass_removal_is_for_the_client_to_allow(
    api: httpx.Client,
    encoder_seen: None,
    redis: RedisClient,
    settings: Settings,
    collection: str,
    pictures_root: Path,
    allowed: bool,
) -> None:
    options = {"allow_mass_removal": True} if allowed else {}
    job = load(api, collection, pictures_root, sync=True, **options).json()
    assert Jobs(redis, settings).get(job["id"]).spec.allow_mass_removal is allowed
    reply = load(api, collection, pictures_root, sync=True, allow_mass_removal="perhaps")
    problem(reply, 422, "validation_error")


def test_a_load_waits_for_an_encoder_that_is_away(
    api: httpx.Client,
    encoder_seen: None,
    redis: RedisClient,
    collection: str,
    pictures_root: Path,
) -> None:
    reply = load(api, collection, pictures_root)

    assert reply.status_code == 202
    assert reply.json()["status"] == "queued"
    assert redis.llen(SCAN) == 1


def test_without_any_encoder_seen_no_load_is_queued(
    api: httpx.Client, collection: str, pictures_root: Path
) -> None:
    reply = load(api, collection, pictures_root)

    problem(reply, 503, "no_encoder")
    assert int(reply.headers["Retry-After"]) > 0
    problem(api.get(f"/api/v2/collections/{collection}"), 404, "collection_not_found")


def test_a_load_with_another_encoder_is_a_conflict(
    api: httpx.Client, encoder_seen: None, settings: Settings, collection: str, pictures_root: Path
) -> None:
    api.post("/api/v2/collections", json={"name": collection}).raise_for_status()
    with Encoder(settings, weights="imagenet", answers=False):
        problem(load(api, collection, pictures_root), 409, "encoder_mismatch")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/etc", "path_outside_roots"),
        ("/etc/nothing/here", "path_outside_roots"),
        ("..", "path_outside_roots"),
        ("a/../../..", "path_outside_roots"),
        ("link", "path_outside_roots"),
        ("a\0b", "path_outside_roots"),
        ("nothing", "path_not_found"),
        ("file.jpg", "not_a_directory"),
    ],
)
def test_paths_stay_under_the_roots(
    api: httpx.Client,
    encoder_seen: None,
    collection: str,
    pictures_root: Path,
    tmp_path: Path,
    path: str,
    code: str,
) -> None:
    (pictures_root / "link").symlink_to(tmp_path)
    (pictures_root / "file.jpg").write_bytes(b"x")

    problem(load(api, collection, Path("x"), source={"path": path}), 422, code)
    problem(api.get(f"/api/v2/collections/{collection}"), 404, "collection_not_found")


def test_a_full_queue_is_429(
    settings: Settings, redis: RedisClient, encoder_seen: None, collection: str, pictures_root: Path
) -> None:
    with serving(settings.model_copy(update={"queue_limit": 2})) as api:
        for _ in range(2):
            assert load(api, collection, pictures_root).status_code == 202
        reply = load(api, collection, pictures_root)

    problem(reply, 429, "queue_full")
    assert int(reply.headers["Retry-After"]) > 0


def test_jobs_are_listed_newest_first(
    api: httpx.Client, encoder_seen: None, collection: str, pictures_root: Path
) -> None:
    ids = [load(api, collection, pictures_root).json()["id"] for _ in range(5)]
    api.post(f"/api/v2/jobs/{ids[1]}/cancel").raise_for_status()

    first = api.get("/api/v2/jobs", params={"limit": 3}).json()
    second = api.get("/api/v2/jobs", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    cancelled = api.get("/api/v2/jobs", params={"status": "cancelled"}).json()
    elsewhere = api.get("/api/v2/jobs", params={"collection": "elsewhere"}).json()

    assert [job["id"] for job in first["items"] + second["items"]] == ids[::-1]
    assert second["next_cursor"] is None
    assert [job["id"] for job in cancelled["items"]] == [ids[1]]
    assert elsewhere == {"items": [], "next_cursor": None}
    for cursor in ("x", "nan", "-inf"):
        problem(api.get("/api/v2/jobs", params={"cursor": cursor}), 422, "invalid_cursor")
    assert len(api.get("/api/v2/jobs?collection=&status=&cursor=").json()["items"]) == 5
    problem(api.get("/api/v2/jobs?status=lost"), 422, "validation_error")
    problem(api.get("/api/v2/jobs?limit=1001"), 422, "validation_error")


def test_jobs_are_paused_resumed_and_cancelled_as_often_as_asked(
    api: httpx.Client, encoder_seen: None, collection: str, pictures_root: Path
) -> None:
    url = f"/api/v2/jobs/{load(api, collection, pictures_root).json()['id']}"

    states = [
        api.post(f"{url}/{call}").json()["status"]
        for call in ("pause", "pause", "resume", "resume", "cancel", "cancel", "pause", "resume")
    ]

    assert states == ["paused", "paused", "queued", "queued"] + ["cancelled"] * 4


@pytest.mark.parametrize("call", ["", "/events", "/failures"])
def test_an_unknown_job_is_not_found(api: httpx.Client, call: str) -> None:
    problem(api.get(f"/api/v2/jobs/{'0' * 32}{call}"), 404, "job_not_found")
    problem(api.get(f"/api/v2/jobs/not-an-id{call}"), 404, "job_not_found")


@pytest.mark.parametrize("call", ["cancel", "pause", "resume", "retry"])
def test_an_unknown_job_is_not_steered(api: httpx.Client, call: str) -> None:
    problem(api.post(f"/api/v2/jobs/{'0' * 32}/{call}"), 404, "job_not_found")
    problem(api.post(f"/api/v2/jobs/{'0' * 32}:failures/{call}"), 404, "job_not_found")
