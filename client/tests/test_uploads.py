"""Uploads of folders: what is sent, what is not, and what became of it."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from lookalike_client import AsyncClient, Client, FolderUpload, InvalidRequest
from lookalike_client.models import ImageList, System, Upload

PHOTOS = "/api/v2/collections/photos/images"
SYSTEM = {
    "encoder": None,
    "weights": None,
    "untrained": False,
    "pooling": "rmac",
    "default_collection": "milvus",
    "workers": [],
    "queues": {},
    "jobs_active": 0,
    "image_roots": [],
    "bucket_roots": [],
    "limits": {
        "max_upload_mb": 64,
        "max_upload_files": 1000,
        "max_pixels": 1,
        "max_top_k": 1,
        "max_tags": 1,
        "queue_limit": 1,
    },
    "formats": [{"name": "jpeg", "media_type": "image/jpeg", "extensions": ["jpg", ".JPEG"]}],
    "versions": {},
}


class UploadServer:
    """A server that keeps what it is sent, by content."""

    def __init__(self, job: dict[str, Any], problem: Callable[..., httpx.Response]) -> None:
        self.job, self.problem = job, problem
        self.stored: dict[str, bytes] = {}
        self.requests: list[list[str]] = []
        self.exists = True
        self.image: dict[str, Any] = {}

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v2/system":
            return httpx.Response(200, json=SYSTEM)
        if request.method == "GET":
            if not self.exists:
                return self.problem(404, "collection_not_found")
            asked = re.findall(r"[0-9a-f]{64}", request.url.params["filter"])
            items = [{**self.image, "sha256": hash_} for hash_ in asked if hash_ in self.stored]
            return httpx.Response(200, json={"items": items, "next_cursor": None})
        return self._store(request.read())

    def _store(self, body: bytes) -> httpx.Response:
        if b"wrong tag" in body:
            return self.problem(422, "validation_error")
        names = re.findall(rb'filename="([^"]*)"\r\n.*?\r\n\r\n(.*?)\r\n--', body, re.DOTALL)
        self.requests.append([name.decode() for name, _ in names])
        if len(body) > 100_000:
            return self.problem(413, "too_large")
        if all(content == b"no picture" for _, content in names):
            return self.problem(422, "unsupported_format")
        files = []
        for name, content in names:
            bad = content == b"no picture"
            if not bad:
                self.stored[hashlib.sha256(content).hexdigest()] = content
            said = {"outcome": "rejected", "code": "unsupported_format"} if bad else {}
            files.append(
                {"name": name.decode(), "id": None, "uri": None, "outcome": "queued", **said}
            )
        return httpx.Response(202, json={**self.job, "files": files})

    async def answer_later(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self.answer(request)


@pytest.fixture
def uploads(
    job: dict[str, Any], image: dict[str, Any], problem: Callable[..., httpx.Response]
) -> UploadServer:
    made = UploadServer(job, problem)
    made.image = image
    return made


@pytest.fixture(params=["sync", "async"])
def send(request: pytest.FixtureRequest, uploads: UploadServer) -> Any:
    """Upload by one client or the other; gives the outcomes."""

    async def upload(folder: FolderUpload, parallel: int = 3) -> list[Any]:
        if request.param == "sync":
            transport = httpx.MockTransport(uploads.answer)
            with Client("http://server", transport=transport) as client:
                return list(client.upload_folder(folder, parallel=parallel))
        later = httpx.MockTransport(uploads.answer_later)
        async with AsyncClient("http://server", transport=later) as client:
            found = client.upload_folder(folder, parallel=parallel)
            return [outcome async for outcome in found]

    return upload


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """150 pictures in three folders, and what is none."""
    for number in range(150):
        path = tmp_path / f"{number % 3}" / f"{number:03}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"picture %d" % number)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / ".hidden.jpg").write_bytes(b"hidden")
    (tmp_path / "0" / "UPPER.JPEG").write_bytes(b"upper")
    return tmp_path


async def test_a_folder_is_sent_in_batches(send: Any, uploads: UploadServer, folder: Path) -> None:
    uploads.exists = False

    outcomes = await send(FolderUpload("photos", [folder], tags=["a"]))

    assert sorted(len(names) for names in uploads.requests) == [23, 64, 64]
    assert sum(len(outcome.sent) for outcome in outcomes) == 151
    assert len(uploads.stored) == 151
    assert all(outcome.jobs for outcome in outcomes)
    assert sum(outcome.bytes for outcome in outcomes) == sum(map(len, uploads.stored.values()))


async def test_an_upload_that_broke_off_goes_on(
    send: Any, uploads: UploadServer, folder: Path
) -> None:
    await send(FolderUpload("photos", [folder / "0", folder / "1"]))
    uploads.requests.clear()

    outcomes = await send(FolderUpload("photos", [folder]))

    assert sum(len(outcome.known) for outcome in outcomes) == 101
    assert sum(map(len, uploads.requests)) == 50
    assert all("/2/" in str(path) for outcome in outcomes for path, _ in outcome.sent)

    uploads.requests.clear()
    await send(FolderUpload("photos", [folder], resume=False))
    assert sum(map(len, uploads.requests)) == 151


async def test_files_that_are_refused_keep_no_others_back(
    send: Any, uploads: UploadServer, tmp_path: Path
) -> None:
    for name, content in (
        ("a", b"good"),
        ("b", b"no picture"),
        ("c", b"x" * 200_000),
        ("d", b"better"),
    ):
        (tmp_path / f"{name}.jpg").write_bytes(content)

    (outcome,) = await send(FolderUpload("photos", [tmp_path]))

    assert len(uploads.stored) == 2
    assert [(path.name, code) for path, code, _ in outcome.failed] == [("c.jpg", "too_large")]
    said = {path.name: file.outcome for path, file in outcome.sent}
    assert said == {"a.jpg": "queued", "b.jpg": "rejected", "d.jpg": "queued"}


async def test_an_archive_goes_alone_and_stands_for_what_is_in_it(
    uploads: UploadServer, tmp_path: Path
) -> None:
    for name in ("a.jpg", "b.zip", "c.jpg"):
        (tmp_path / name).write_bytes(name.encode())
    upload = FolderUpload("photos", sorted(tmp_path.iterdir()), resume=False)
    batches = list(upload.batches(System.model_validate(SYSTEM)))
    said = {"id": None, "uri": None, "outcome": "queued"}
    files = [{**said, "name": f"b.zip/{number}.jpg"} for number in range(3)]

    steps = upload.steps(batches[1])
    next(steps)
    with pytest.raises(StopIteration) as stopped:
        steps.send(Upload.model_validate({**uploads.job, "files": files}))

    assert [[file.path.name for file in batch] for batch in batches] == [
        ["a.jpg"],
        ["b.zip"],
        ["c.jpg"],
    ]
    sent = stopped.value.value.sent
    assert [(path.name, one.name) for path, one in sent] == [
        ("b.zip", f"b.zip/{number}.jpg") for number in range(3)
    ]


async def test_a_batch_without_a_picture_names_each(
    send: Any, uploads: UploadServer, tmp_path: Path
) -> None:
    paths = [tmp_path / "a.jpg", tmp_path / "b.jpg"]
    for path in paths:
        path.write_bytes(b"no picture")

    (outcome,) = await send(FolderUpload("photos", paths))

    assert {path for path, _, _ in outcome.failed} == set(paths)
    assert {code for _, code, _ in outcome.failed} == {"unsupported_format"}


async def test_a_request_that_is_wrong_is_an_error(
    send: Any, uploads: UploadServer, folder: Path
) -> None:
    with pytest.raises(InvalidRequest):
        await send(FolderUpload("photos", [folder], tags=["wrong tag"]))


async def test_a_file_that_is_gone_is_a_failure(
    send: Any, uploads: UploadServer, tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"a")
    (tmp_path / "b.jpg").symlink_to(tmp_path / "a.jpg")
    upload = FolderUpload("photos", [tmp_path])
    steps = upload.steps([*upload.files(System.model_validate(SYSTEM))])
    (tmp_path / "a.jpg").unlink()

    next(steps)
    with pytest.raises(StopIteration) as stopped:
        steps.send(ImageList(items=[], next_cursor=None))

    outcome = stopped.value.value
    assert [code for _, code, _ in outcome.failed] == ["unreadable", "unreadable"]
