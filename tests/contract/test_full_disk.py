"""A full disk: uploads are 507, what needs no room is served all the same."""

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from shared.domain.image import ImageRow
from shared.redis import RedisClient
from shared.settings import Settings
from tests.contract.calls import problem
from tests.contract.server import serving
from tests.small_disk import SmallDisk, small_disk


def large_png() -> bytes:
    """A picture of half a megabyte, which is not kept in memory while it arrives."""
    out = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 256, (400, 400, 3), np.uint8)
    Image.fromarray(noise).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 8) as small:
        yield small


@pytest.fixture
def api(settings: Settings, redis: RedisClient, disk: SmallDisk) -> Iterator[httpx.Client]:
    """A gateway whose data are on the small disk."""
    with serving(settings.model_copy(update={"data_dir": disk.folder})) as client:
        yield client


def test_an_upload_onto_a_full_disk_is_507(
    api: httpx.Client, stored: list[ImageRow], disk: SmallDisk, url: str
) -> None:
    before = sorted(disk.folder.rglob("*"))
    disk.fill()

    reply = api.post(f"{url}/images", files={"files": large_png()})

    body = problem(reply, 507, "storage_full")
    assert "No space left" in body["detail"]
    assert int(reply.headers["Retry-After"]) > 0
    disk.free()
    left = [path for path in disk.folder.rglob("*") if path.is_file() and path not in before]
    assert left == []
    assert api.post(f"{url}/images", files={"files": large_png()}).status_code == 202


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("{url}/images", "files"),
        ("{url}/search", "file"),
        ("/api/v1/search", "file"),
        ("/api/v1/train", "file"),
        ("/api/v1/count", "file"),
    ],
)
def test_a_full_disk_for_what_arrives_is_507(
    api: httpx.Client,
    stored: list[ImageRow],
    disk: SmallDisk,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    field: str,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(disk.folder))
    disk.fill()

    reply = api.post(path.format(url=url), files={field: large_png()})

    assert "No space left" in problem(reply, 507, "storage_full")["detail"]


def test_a_thumbnail_that_finds_no_room_is_served(
    api: httpx.Client, stored: list[ImageRow], disk: SmallDisk, url: str
) -> None:
    disk.fill()

    reply = api.get(f"{url}/images/{stored[0].id}/thumbnail")

    assert reply.status_code == 200, reply.text
    assert Image.open(io.BytesIO(reply.content)).format == "WEBP"
    assert [path for path in (disk.folder / "thumbnails").rglob("*") if path.is_file()] == []


def test_a_disk_without_room_for_a_lock_is_503(
    api: httpx.Client, stored: list[ImageRow], disk: SmallDisk, url: str
) -> None:
    for lock in (disk.folder / "locks").glob("*"):
        lock.unlink()
    disk.fill()

    reply = api.patch(f"{url}/images/{stored[0].id}", json={"tags": ["new"]})

    assert "No space left" in problem(reply, 503, "storage_unavailable")["detail"]
    disk.free()
    again = api.patch(f"{url}/images/{stored[0].id}", json={"tags": ["new"]})
    assert again.json()["tags"] == ["new"]
