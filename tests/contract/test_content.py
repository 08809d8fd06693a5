"""An image's bytes and its thumbnail."""

import io
import zlib
from pathlib import Path

import httpx
import pytest
from PIL import Image

from gateway.files import originals
from shared.domain.image import ImageRow
from shared.files import paths
from shared.settings import Settings
from tests.contract.calls import problem
from tests.contract.workers import index
from tests.integration.test_hostile_input import bomb


@pytest.fixture
def url(collection: str, stored: list[ImageRow]) -> str:
    return f"/api/v2/collections/{collection}/images/{stored[0].id}"


@pytest.fixture
def path(stored: list[ImageRow]) -> Path:
    """The file of the first image."""
    return Path(stored[0].uri.removeprefix("file://"))


def test_content_is_the_file_with_its_own_type(api: httpx.Client, url: str, path: Path) -> None:
    reply = api.get(f"{url}/content")

    assert reply.content == path.read_bytes()
    assert reply.headers["content-type"] == "image/jpeg"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["accept-ranges"] == "bytes"
    assert "max-age=86400" in reply.headers["cache-control"]
    assert api.head(f"{url}/content").headers["content-length"] == str(len(reply.content))


def test_content_is_kept_for_ever_under_its_own_version(
    api: httpx.Client, url: str, path: Path
) -> None:
    versioned = api.get(url).json()["content_url"]
    kept = api.get(versioned)
    again = api.get(versioned, headers={"If-None-Match": kept.headers["etag"]})

    assert "immutable" in kept.headers["cache-control"]
    assert "immutable" not in api.get(f"{url}/content?v=other").headers["cache-control"]
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == kept.headers["etag"]

    path.write_bytes(path.read_bytes() + b"\0")
    changed = api.get(f"{url}/content", headers={"If-None-Match": kept.headers["etag"]})
    assert changed.status_code == 200
    assert changed.headers["etag"] != kept.headers["etag"]


def test_ranges_are_served(api: httpx.Client, url: str, path: Path) -> None:
    part = api.get(f"{url}/content", headers={"Range": "bytes=10-19"})
    tail = api.get(f"{url}/content", headers={"Range": "bytes=-5"})
    beyond = api.get(f"{url}/content", headers={"Range": "bytes=99999999-"})

    assert (part.status_code, part.content) == (206, path.read_bytes()[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{path.stat().st_size}"
    assert tail.content == path.read_bytes()[-5:]
    assert beyond.status_code == 416
    assert beyond.headers["content-range"] == f"bytes */{path.stat().st_size}"


@pytest.mark.parametrize("call", ["content", "thumbnail"])
def test_a_file_that_is_gone_is_not_found(
    api: httpx.Client, url: str, path: Path, call: str
) -> None:
    path.unlink()
    problem(api.get(f"{url}/{call}"), 404, "missing")


@pytest.mark.parametrize("call", ["content", "thumbnail"])
def test_nothing_is_served_from_outside_the_roots(
    api: httpx.Client, url: str, path: Path, tmp_path: Path, call: str
) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(secret)

    problem(api.get(f"{url}/{call}"), 404, "outside_roots")


@pytest.mark.parametrize("call", ["content", "thumbnail"])
def test_a_folder_that_becomes_a_link_after_its_check_leads_nowhere(
    api: httpx.Client,
    url: str,
    path: Path,
    tmp_path: Path,
    call: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    Image.new("RGB", (64, 48), "red").save(outside / path.name)
    resolve = paths.resolve_uri

    def resolve_then_swap(uri: str, collection: str, settings: Settings) -> Path:
        resolved = resolve(uri, collection, settings)
        path.parent.rename(tmp_path / "aside")
        path.parent.symlink_to(outside)
        return resolved

    for module in (paths, originals):
        if hasattr(module, "resolve_uri"):
            monkeypatch.setattr(module, "resolve_uri", resolve_then_swap)

    reply = api.get(f"{url}/{call}")

    problem(reply, 404, "unreadable")


def test_what_is_no_picture_any_more_is_not_served(api: httpx.Client, url: str, path: Path) -> None:
    path.write_text("<script>alert(1)</script>")

    problem(api.get(f"{url}/content"), 404, "unsupported_format")
    problem(api.get(f"{url}/thumbnail"), 422, "unsupported_format")


def test_a_thumbnail_is_a_small_webp_made_once(
    api: httpx.Client, url: str, settings: Settings
) -> None:
    first = api.get(f"{url}/thumbnail?size=64")
    second = api.get(f"{url}/thumbnail?size=64")
    known = api.get(f"{url}/thumbnail?size=64", headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(first.content)).size == (64, 48)
    assert second.content == first.content
    assert known.status_code == 304
    assert len(list((settings.data_dir / "thumbnails").rglob("*.webp"))) == 1
    # Never enlarged.
    assert Image.open(io.BytesIO(api.get(f"{url}/thumbnail?size=1024").content)).size == (320, 240)


@pytest.mark.parametrize("size", ["0", "31", "1025", "-1", "huge"])
def test_thumbnails_have_known_sizes(api: httpx.Client, size: str) -> None:
    url = f"/api/v2/collections/any/images/{'0' * 32}"
    problem(api.get(f"{url}/thumbnail?size={size}"), 422, "validation_error")


def test_a_thumbnail_is_upright(
    api: httpx.Client, stored: list[ImageRow], settings: Settings, collection: str
) -> None:
    turned = settings.image_roots[0] / "turned.jpg"
    picture = Image.new("RGB", (80, 40), "red")
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(turned, exif=exif)
    (row,) = index(settings, collection, [turned])

    reply = api.get(f"/api/v2/collections/{collection}/images/{row.id}/thumbnail?size=64")

    assert Image.open(io.BytesIO(reply.content)).size == (32, 64)


def test_a_bomb_is_not_drawn(
    api: httpx.Client, stored: list[ImageRow], settings: Settings, collection: str
) -> None:
    path = settings.image_roots[0] / "bomb.png"
    Image.new("RGB", (8, 8)).save(path)
    (row,) = index(settings, collection, [path])
    path.write_bytes(bomb(20_000))

    reply = api.get(f"/api/v2/collections/{collection}/images/{row.id}/thumbnail")

    problem(reply, 422, "too_many_pixels")


def test_a_damaged_picture_is_not_drawn(api: httpx.Client, url: str, path: Path) -> None:
    path.write_bytes(path.read_bytes()[:2000])

    problem(api.get(f"{url}/thumbnail"), 422, "truncated")
    assert zlib.crc32(api.get(f"{url}/content").content) == zlib.crc32(path.read_bytes())
