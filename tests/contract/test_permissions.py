"""Files and folders that the gateway may not read or write: each answer names the cause."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.domain.image import ImageRow
from shared.redis import RedisClient
from shared.settings import Settings
from tests.contract.calls import load, png, problem
from tests.contract.server import serving
from tests.contract.workers import Encoder, index
from tests.drawn import draw_files
from tests.permissions import permissions_obeyed


@pytest.fixture
def api(settings: Settings, redis: RedisClient) -> Iterator[httpx.Client]:
    """A gateway that obeys permissions also where the tests run as root."""
    with permissions_obeyed(), serving(settings) as client:
        yield client


@pytest.fixture
def image(
    api: httpx.Client, encoder: Encoder, settings: Settings, pictures_root: Path, url: str
) -> tuple[ImageRow, Path]:
    """A stored image in a folder of its own."""
    collection = url.rpartition("/")[2]
    api.post("/api/v2/collections", json={"name": collection}).raise_for_status()
    folder = pictures_root / "folder"
    folder.mkdir()
    (path,) = draw_files(folder, 1)
    (row,) = index(settings, collection, [path])
    return row, path


@pytest.mark.parametrize("what", ["content", "thumbnail"])
@pytest.mark.parametrize("of", ["file", "folder"])
def test_a_picture_that_may_not_be_read_is_403(
    api: httpx.Client, image: tuple[ImageRow, Path], url: str, what: str, of: str
) -> None:
    row, path = image
    closed = path if of == "file" else path.parent
    mode = closed.stat().st_mode
    closed.chmod(0)
    try:
        reply = api.get(f"{url}/images/{row.id}/{what}")
    finally:
        closed.chmod(mode)

    body = problem(reply, 403, "unreadable")
    assert "Permission denied" in body["detail"]
    assert api.get(f"{url}/images/{row.id}/{what}").status_code == 200


def test_a_folder_that_may_not_be_read_is_422(
    api: httpx.Client, encoder: Encoder, pictures_root: Path, collection: str
) -> None:
    outer = pictures_root / "outer"
    (outer / "inner").mkdir(parents=True)
    outer.chmod(0)
    try:
        listed = api.get("/api/v2/folders", params={"path": str(outer)})
        loaded = load(api, collection, outer / "inner")
        trained = api.post("/api/v1/train", json={"File": str(outer / "inner")})
    finally:
        outer.chmod(0o755)

    for reply in (listed, loaded, trained):
        assert "Permission denied" in problem(reply, 422, "unreadable")["detail"]


def test_links_that_lead_nowhere_hide_no_folder(api: httpx.Client, pictures_root: Path) -> None:
    closed = pictures_root / "closed"
    (closed / "inner").mkdir(parents=True)
    (pictures_root / "circle").symlink_to("circle")
    (pictures_root / "into_closed").symlink_to(closed / "inner")
    closed.chmod(0)
    try:
        reply = api.get("/api/v2/folders", params={"path": str(pictures_root)})
    finally:
        closed.chmod(0o755)

    assert reply.status_code == 200, reply.text
    assert [folder["name"] for folder in reply.json()["items"]] == ["closed"]


def test_uploads_that_may_not_be_written_are_503(
    api: httpx.Client, encoder: Encoder, settings: Settings, url: str
) -> None:
    settings.uploads_dir.mkdir(parents=True)
    settings.uploads_dir.chmod(0o500)

    reply = api.post(f"{url}/images", files={"files": png(1)})

    settings.uploads_dir.chmod(0o700)
    assert "Permission denied" in problem(reply, 503, "storage_unavailable")["detail"]
    assert int(reply.headers["Retry-After"]) > 0
    assert api.post(f"{url}/images", files={"files": png(1)}).status_code == 202
