"""Uploads: the stored files, and the answers with `wait`."""

import hashlib
import json
import threading

import httpx

from shared.redis import RedisClient
from shared.settings import Settings
from tests.contract.calls import JOB_FIELDS, ended, problem
from tests.contract.server import serving
from tests.contract.uploads import jpeg, stored_files, upload
from tests.contract.workers import Encoder


def test_an_upload_is_stored_by_content_and_queued(
    api: httpx.Client, encoder: Encoder, settings: Settings, collection: str
) -> None:
    picture = jpeg(1)
    sha256 = hashlib.sha256(picture).hexdigest()

    reply = upload(
        api,
        collection,
        ("beach.png", picture),
        data={"tags": ["summer", "sea"], "metadata": json.dumps({"camera": "X100"})},
    )

    assert reply.status_code == 202
    job = reply.json()
    assert set(job) == JOB_FIELDS | {"files"}
    assert reply.headers["Location"] == f"/api/v2/jobs/{job['id']}"
    assert job["source"] == {"kind": "upload", "files": 1}
    (file,) = job["files"]
    assert (file["name"], file["outcome"]) == ("beach.png", "queued")
    assert file["uri"] == f"upload://{sha256}.jpg"
    assert stored_files(settings) == [f"{collection}/{sha256[:2]}/{sha256}.jpg"]
    assert ended(api, job["id"])["indexed"] == 1
    image = api.get(f"/api/v2/collections/{collection}/images/{file['id']}").json()
    assert (image["tags"], image["metadata"]) == (["summer", "sea"], {"camera": "X100"})
    assert api.get(image["content_url"]).content == picture
    assert api.get(image["thumbnail_url"]).status_code == 200


def test_a_wait_tells_what_became_of_each_file(
    api: httpx.Client, encoder: Encoder, collection: str
) -> None:
    whole, broken = jpeg(1), jpeg(2)[:1000]
    reply = upload(
        api,
        collection,
        ("whole.jpg", whole),
        ("again.jpg", whole),
        ("broken.jpg", broken),
        ("notes.txt", b"no picture"),
        ("empty.jpg", b""),
        wait=True,
    )

    assert reply.status_code == 200
    job = reply.json()
    assert job["status"] == "done"
    assert (job["total"], job["indexed"], job["failed"]) == (2, 1, 1)
    assert [(f["name"], f["outcome"], f["code"]) for f in job["files"]] == [
        ("whole.jpg", "indexed", None),
        ("again.jpg", "indexed", None),
        ("broken.jpg", "failed", "truncated"),
        ("notes.txt", "rejected", "unsupported_format"),
        ("empty.jpg", "rejected", "empty_file"),
    ]
    found = api.post(
        f"/api/v2/collections/{collection}/search", files={"file": whole}, data={"top_k": 1}
    ).json()
    assert found["hits"][0]["id"] == job["files"][0]["id"]


def test_a_wait_ends_with_202_when_it_takes_too_long(
    settings: Settings, redis: RedisClient, collection: str
) -> None:
    impatient = settings.model_copy(update={"wait_timeout_seconds": 0.3})
    with Encoder(settings, answers=False), serving(impatient) as api:
        reply = upload(api, collection, ("a.jpg", jpeg(1)), wait=True)

    assert reply.status_code == 202
    assert reply.json()["files"][0]["outcome"] == "queued"


def test_a_cancelled_upload_is_a_conflict_for_who_waits(
    api: httpx.Client, settings: Settings, redis: RedisClient, collection: str
) -> None:
    def cancel() -> None:
        with httpx.Client(base_url=api.base_url) as other:
            while not (jobs := other.get("/api/v2/jobs").json()["items"]):
                pass
            other.post(f"/api/v2/jobs/{jobs[0]['id']}/cancel")

    with Encoder(settings, answers=False):
        thread = threading.Thread(target=cancel)
        thread.start()
        reply = upload(api, collection, ("a.jpg", jpeg(1)), wait=True)
        thread.join()

    problem(reply, 409, "job_cancelled")


def test_a_stored_upload_goes_with_its_image(
    api: httpx.Client, encoder: Encoder, settings: Settings, collection: str
) -> None:
    files = [(f"{n}.jpg", jpeg(n)) for n in range(3)]
    reply = upload(api, collection, *files, wait=True, data={"tags": ["mine"]}).json()
    url = f"/api/v2/collections/{collection}/images"

    assert api.delete(f"{url}/{reply['files'][0]['id']}").status_code == 204
    assert len(stored_files(settings)) == 2
    assert api.delete(url, params={"tag": "mine"}).json() == {"deleted": 2}
    assert stored_files(settings) == []


def test_the_same_upload_again_keeps_its_file(
    api: httpx.Client, encoder: Encoder, settings: Settings, collection: str
) -> None:
    upload(api, collection, ("a.jpg", jpeg(1)), wait=True).raise_for_status()
    (path,) = settings.uploads_dir.rglob("*.jpg")
    before = path.stat()

    upload(api, collection, ("b.jpg", jpeg(1)), wait=True).raise_for_status()

    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert stored_files(settings) == [str(path.relative_to(settings.uploads_dir))]
