"""Loads of archives and buckets over HTTP: what is accepted, and what is served of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from shared import cursors
from shared.domain.bucket import BucketLocation
from shared.files.uris import file_uri
from shared.settings import Settings
from shared.sources.archives.members import member_uri
from shared.store import ImageWriter, MilvusConnection
from tests.archives import archive_of, write_archive
from tests.contract.calls import problem
from tests.contract.server import serving
from tests.contract.uploads import jpeg
from tests.contract.workers import Encoder, row_of, vector_of
from tests.s3 import S3, running_s3

NAME = "in here/b#1.jpg"


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with running_s3("pictures") as server:
        yield server


@pytest.fixture
def settings(settings: Settings, s3: S3) -> Settings:
    return Settings.model_validate({**settings.model_dump(), **s3.settings})


def put(kind: str, root: Path, s3: S3, picture: bytes) -> str:
    """Put a picture into such a place, which may be an archive in an archive; returns its uri."""
    if kind == "bucket":
        s3.put(NAME, picture)
        return BucketLocation("s3", s3.bucket, NAME).uri
    path, contents = root / f"a{kind}", {"a.jpg": jpeg(1), NAME: picture, "z.jpg": jpeg(2)}
    if kind.startswith(" in "):
        path = path.with_name("a.zip")
        write_archive(path, {"in.tar": archive_of("in.tar", contents)})
        return member_uri(member_uri(file_uri(path), "in.tar"), NAME)
    write_archive(path, contents)
    return member_uri(file_uri(path), NAME)


@pytest.mark.parametrize(
    "kind", [".zip", ".tar", ".tar.gz", ".tar.xz", ".tar.zst", " in .zip", "bucket"]
)
def test_pictures_are_served_from_where_they_are(
    api: httpx.Client,
    encoder: Encoder,
    settings: Settings,
    pictures_root: Path,
    collection: str,
    s3: S3,
    kind: str,
) -> None:
    picture = jpeg(3)
    row = row_of(put(kind, pictures_root, s3, picture), picture, 1)
    api.post("/api/v2/collections", json={"name": collection}).raise_for_status()
    milvus = MilvusConnection(settings)
    ImageWriter(milvus).upsert(collection, [row], np.stack([vector_of(picture)]))
    milvus.close()
    url = f"/api/v2/collections/{collection}/images/{row.id}"

    whole = api.get(f"{url}/content")
    part = api.get(f"{url}/content", headers={"Range": "bytes=10-19"})
    parts = api.get(f"{url}/content", headers={"Range": "bytes=0-1,10-19"})
    again = api.get(f"{url}/content", headers={"If-None-Match": whole.headers["etag"]})

    assert (whole.status_code, whole.content) == (200, picture)
    assert whole.headers["content-type"] == "image/jpeg"
    assert (part.status_code, part.content) == (206, picture[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(picture)}"
    assert (parts.status_code, picture[10:20] in parts.content) == (206, True)
    assert again.status_code == 304
    assert api.get(f"{url}/thumbnail").headers["content-type"] == "image/webp"
    if kind == "bucket":
        s3.delete(NAME)
    else:
        (pictures_root / f"a{kind.removeprefix(' in ')}").unlink()
    problem(api.get(f"{url}/content"), 404, "missing")


def test_a_load_of_an_archive_or_a_bucket_is_queued_as_it_was_asked_for(
    api: httpx.Client, encoder_seen: None, pictures_root: Path, collection: str
) -> None:
    write_archive(pictures_root / "a.zip", {"a.jpg": jpeg(1)})
    sources: list[dict[str, Any]] = [
        {"kind": "archive", "path": "a.zip"},
        {"kind": "bucket", "url": "s3://pictures/2020/", "exclude": ["*.png"]},
        {"path": str(pictures_root), "exclude": ["thumbs"]},
    ]
    jobs = [
        api.post(f"/api/v2/collections/{collection}/jobs", json={"source": source})
        for source in sources
    ]
    assert [job.status_code for job in jobs] == [202] * 3
    assert [job.json()["source"] for job in jobs] == [
        {"kind": "archive", "path": str(pictures_root / "a.zip")},
        {"kind": "bucket", "url": "s3://pictures/2020", "pattern": None, "exclude": ["*.png"]},
        {
            "kind": "directory",
            "path": str(pictures_root),
            "recursive": True,
            "pattern": None,
            "exclude": ["thumbs"],
        },
    ]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ({"kind": "archive", "path": "."}, "not_a_file"),
        ({"kind": "archive", "path": "none.zip"}, "path_not_found"),
        ({"kind": "archive", "path": "/etc/passwd"}, "path_outside_roots"),
        ({"kind": "bucket", "url": "s3://other/2020"}, "bucket_outside_roots"),
        ({"kind": "bucket", "url": "s3://pictures/../other"}, "invalid_bucket"),
        ({"kind": "bucket", "url": "http://169.254.169.254/"}, "validation_error"),
        ({"kind": "carrier pigeon"}, "validation_error"),
    ],
)
def test_what_is_no_source_is_refused(
    api: httpx.Client, encoder_seen: None, collection: str, source: dict[str, Any], code: str
) -> None:
    reply = api.post(f"/api/v2/collections/{collection}/jobs", json={"source": source})
    problem(reply, 422, code)


def test_without_bucket_roots_no_bucket_is_read(
    settings: Settings, encoder_seen: None, collection: str
) -> None:
    with serving(settings.model_copy(update={"bucket_roots": ()})) as api:
        body = {"source": {"kind": "bucket", "url": "s3://pictures"}}
        reply = api.post(f"/api/v2/collections/{collection}/jobs", json=body)
    problem(reply, 422, "no_bucket_roots")


def test_the_folders_of_a_bucket_are_listed(api: httpx.Client, s3: S3) -> None:
    def listed(**params: str) -> dict[str, Any]:
        reply = api.get("/api/v2/folders", params={"path": f"s3://{s3.bucket}/tree", **params})
        assert reply.status_code == 200, reply.text
        found: dict[str, Any] = reply.json()
        return found

    for key in ("a/1.jpg", "a/2/3.jpg", "b c/1.jpg", ".hidden/1.jpg", "c.jpg", "d/1.jpg"):
        s3.put(f"tree/{key}", b"x")
    found = listed()
    address = f"s3://{s3.bucket}/tree"
    assert found["items"][1] == {"name": "b c", "path": f"{address}/b c", "kind": "folder"}
    assert [item["name"] for item in found["items"]] == ["a", "b c", "d"]
    assert found["next_cursor"] is None
    first = listed(limit="2")
    assert [item["name"] for item in first["items"]] == ["a", "b c"]
    rest = listed(cursor=first["next_cursor"])
    assert [item["name"] for item in rest["items"]] == ["d"]
    assert listed(path=f"{address}/a/2")["items"] == []
    other = api.get("/api/v2/folders", params={"path": "s3://other"})
    problem(other, 422, "bucket_outside_roots")
    problem(api.get("/api/v2/folders", params={"path": "s3://"}), 422, "invalid_bucket")
    hostile = {"path": address, "cursor": cursors.encode("\ud800")}
    problem(api.get("/api/v2/folders", params=hostile), 422, "invalid_cursor")


def test_a_bucket_that_is_away_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.sources.buckets.stores._SERVING_SECONDS", 0)
    away = settings.model_copy(update={"s3_endpoint": "http://127.0.0.1:1"})
    with serving(away) as api:
        reply = api.get("/api/v2/folders", params={"path": "s3://pictures"})
    problem(reply, 503, "unreachable")
