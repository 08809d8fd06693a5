"""Uploads: what is stored, what is rejected, what a wait tells."""

import hashlib
import io
import json
import threading
from typing import Any

import httpx
import pytest

from shared.redis_client import RedisClient
from shared.settings import Settings
from tests.contract.calls import JOB_FIELDS, ended, problem
from tests.contract.server import serving
from tests.contract.workers import Encoder
from tests.drawn import draw


def jpeg(number: int) -> bytes:
    out = io.BytesIO()
    draw(number).save(out, "JPEG")
    return out.getvalue()


def upload(
    api: httpx.Client, collection: str, *files: tuple[str, bytes], **options: Any
) -> httpx.Response:
    return api.post(
        f"/api/v2/collections/{collection}/images",
        files=[("files", file) for file in files],
        data=options.pop("data", {}),
        params=options,
    )


def stored_files(settings: Settings) -> list[str]:
    return sorted(
        str(path.relative_to(settings.uploads_dir))
        for path in settings.uploads_dir.rglob("*")
        if path.is_file()
    )


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


def test_a_wait_for_nothing_but_failures_is_422(
    api: httpx.Client, encoder: Encoder, collection: str
) -> None:
    reply = upload(api, collection, ("broken.jpg", jpeg(2)[:1000]), wait=True)

    assert "broken.jpg" in problem(reply, 422, "truncated")["detail"]


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


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty_file"), (b"<svg/>", "unsupported_format"), (b"%PDF-1.7", "unsupported_format")],
)
def test_where_no_file_is_a_picture_nothing_is_stored(
    api: httpx.Client,
    encoder: Encoder,
    settings: Settings,
    collection: str,
    content: bytes,
    code: str,
) -> None:
    reply = upload(api, collection, ("photo.jpg", content))

    problem(reply, 422, code)
    assert stored_files(settings) == []
    problem(api.get(f"/api/v2/collections/{collection}"), 404, "collection_not_found")


@pytest.mark.parametrize(
    "name", ["../../x", "/etc/passwd", "..\\..\\x", "a\0b", "x" * 1000, "\u202egnp.exe", ""]
)
def test_a_name_is_never_a_path(
    api: httpx.Client, encoder: Encoder, settings: Settings, collection: str, name: str
) -> None:
    picture = jpeg(3)
    sha256 = hashlib.sha256(picture).hexdigest()

    reply = upload(api, collection, (name or "blob", picture))

    assert reply.status_code == 202, reply.text
    assert stored_files(settings) == [f"{collection}/{sha256[:2]}/{sha256}.jpg"]
    (file,) = reply.json()["files"]
    assert file["uri"] == f"upload://{sha256}.jpg"
    assert file["name"].isprintable()
    assert len(file["name"]) <= 255


def test_an_upload_over_the_limit_is_413(
    settings: Settings, redis: RedisClient, encoder: Encoder, collection: str
) -> None:
    with serving(settings.model_copy(update={"max_upload_mb": 1})) as api:
        big = jpeg(1) + b"\0" * 2 * 1024 * 1024
        announced = upload(api, collection, ("big.jpg", big))
        part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        streamed = api.post(
            f"/api/v2/collections/{collection}/images",
            content=iter([part, big[: 2**20], big[2**20 :], b"\r\n--x--\r\n"]),
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )
        searched = api.post(f"/api/v2/collections/{collection}/search", files={"file": big})

    for reply in (announced, streamed, searched):
        problem(reply, 413, "too_large")
    assert stored_files(settings) == []


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


@pytest.mark.parametrize(
    "data",
    [
        {"metadata": "not json"},
        {"metadata": "[1]"},
        {"metadata": '{"a": NaN}'},
        {"tags": ["a" * 100]},
        {"on_duplicate": "replace"},
    ],
)
def test_wrong_fields_are_named(
    api: httpx.Client, encoder: Encoder, collection: str, data: dict[str, Any]
) -> None:
    reply = upload(api, collection, ("a.jpg", jpeg(1)), data=data)

    assert next(iter(data)) in problem(reply, 422, "validation_error")["detail"]


def test_a_request_without_files_is_422(api: httpx.Client, collection: str) -> None:
    url = f"/api/v2/collections/{collection}/images"

    assert "files" in problem(api.post(url), 422, "validation_error")["detail"]
    assert (
        "files" in problem(api.post(url, data={"files": "text"}), 422, "validation_error")["detail"]
    )
    broken = api.post(
        url, content=b"--y\r\nbroken", headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    problem(broken, 400, "bad_request")


def test_a_disk_that_cannot_be_written_is_503(
    api: httpx.Client, encoder: Encoder, settings: Settings, collection: str
) -> None:
    settings.data_dir.mkdir(exist_ok=True)
    settings.uploads_dir.write_text("where the uploads' directory should be")

    reply = upload(api, collection, ("a.jpg", jpeg(1)))

    problem(reply, 503, "storage_unavailable")
