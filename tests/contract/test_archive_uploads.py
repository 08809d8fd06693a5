"""Archives among uploads: their pictures are stored as if each had been sent by itself."""

from pathlib import Path

import httpx
import pytest

from shared.settings import Settings
from tests import archives
from tests.contract.calls import ended, problem
from tests.contract.uploads import jpeg, stored_files, upload
from tests.contract.workers import Encoder


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz", ".tar.xz", ".tar.zst"])
def test_what_is_in_an_archive_is_stored_and_searchable(
    api: httpx.Client,
    encoder: Encoder,
    settings: Settings,
    collection: str,
    tmp_path: Path,
    suffix: str,
) -> None:
    contents = {"a.jpg": jpeg(1), "in/b.jpg": jpeg(2), "in/notes.txt": b"no picture"}
    archive = tmp_path / f"pictures{suffix}"
    archives.write_archive(archive, contents)

    reply = upload(api, collection, ("x.bin", archive.read_bytes()), ("c.jpg", jpeg(3)))

    assert reply.status_code == 202
    job = reply.json()
    names = [file["name"] for file in job["files"]]
    assert names == ["x.bin/a.jpg", "x.bin/in/b.jpg", "c.jpg"]
    assert all(file["uri"].startswith("upload://") for file in job["files"])
    assert len(stored_files(settings)) == 3
    assert ended(api, job["id"])["indexed"] == 3
    image = job["files"][1]["id"]
    content = api.get(f"/api/v2/collections/{collection}/images/{image}/content")
    assert content.content == contents["in/b.jpg"]


def test_what_means_harm_is_rejected_beside_what_does_not(
    api: httpx.Client, encoder: Encoder, settings: Settings, collection: str
) -> None:
    contents = {"../up.jpg": jpeg(1), "in.zip": b"PK", "fake.jpg": b"no picture", "ok.jpg": jpeg(2)}

    reply = upload(api, collection, ("a.zip", archives.zip_of(contents)))

    found = {file["name"]: (file["outcome"], file["code"]) for file in reply.json()["files"]}
    assert found == {
        "a.zip/../up.jpg": ("rejected", "member_name"),
        "a.zip/in.zip": ("rejected", "archive_unsupported"),
        "a.zip/fake.jpg": ("rejected", "unsupported_format"),
        "a.zip/ok.jpg": ("queued", None),
    }
    assert len(stored_files(settings)) == 1


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (archives.zip_of({"notes.txt": b"x"}), "unsupported_format"),
        (archives.overlapping_zip(100, bytes(1 << 20)), "archive_ratio"),
        (archives.zip_of({f"{n}.jpg": b"" for n in range(10_001)}), "archive_too_many_members"),
        (archives.zip_of({"a.jpg": b"x"})[:-5], "archive_truncated"),
    ],
)
def test_an_archive_without_a_usable_picture_is_refused(
    api: httpx.Client,
    encoder_seen: None,
    settings: Settings,
    collection: str,
    data: bytes,
    code: str,
) -> None:
    problem(upload(api, collection, ("a.zip", data)), 422, code)
    assert stored_files(settings) == []
