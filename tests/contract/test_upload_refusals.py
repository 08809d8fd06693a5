"""Uploads that are refused, and names that would be paths."""

import hashlib
from typing import Any

import httpx
import pytest

from shared.redis import RedisClient
from shared.settings import Settings
from tests.contract.calls import problem
from tests.contract.server import serving
from tests.contract.uploads import jpeg, stored_files, upload
from tests.contract.workers import Encoder


def test_a_wait_for_nothing_but_failures_is_422(
    api: httpx.Client, encoder: Encoder, collection: str
) -> None:
    reply = upload(api, collection, ("broken.jpg", jpeg(2)[:1000]), wait=True)

    assert "broken.jpg" in problem(reply, 422, "truncated")["detail"]


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
