"""Hostile files are refused or reported by name, and the other files are indexed."""

import struct
import zlib
from pathlib import Path

from shared.files.uris import file_uri
from tests.drawn import draw, draw_files
from tests.stack import Stack


def bomb(side: int) -> bytes:
    """A PNG of side by side black pixels in a few kB."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compressobj(9)
    line = b"\0" * (1 + side // 8)
    data = b"".join(rows.compress(line) for _ in range(side)) + rows.flush()
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(kind, body) for kind, body in ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    )


def test_paths_out_of_the_roots_are_refused(stack: Stack, tmp_path: Path) -> None:
    (stack.image_root / "way_out").symlink_to(tmp_path)

    for path in ("/etc", "..", f"{stack.image_root}/../..", str(stack.image_root / "way_out")):
        reply = stack.client.post(
            "/api/v2/collections/hostile/jobs",
            json={"source": {"kind": "directory", "path": path}},
        )
        assert reply.status_code == 422
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.json()["code"] == "path_outside_roots"
        assert str(tmp_path) not in reply.text


def test_links_out_of_the_roots_are_not_followed(stack: Stack, tmp_path: Path) -> None:
    folder = stack.image_root / "links"
    (outside,) = draw_files(tmp_path / "outside", 1)
    (inside,) = draw_files(folder, 1)
    (folder / "file.jpg").symlink_to(outside)
    (folder / "folder").symlink_to(tmp_path / "outside")
    (folder / "loop").symlink_to(folder)

    job = stack.wait_job(stack.load("links", folder)["id"])

    assert (job["status"], job["indexed"], job["failed"]) == ("done", 1, 0)
    assert job["ignored"] == 3
    assert [image["uri"] for image in stack.images("links")] == [file_uri(inside)]


def test_an_upload_is_never_a_path(stack: Stack) -> None:
    picture = stack.image_root / "upload.png"
    draw(1).save(picture)
    before = set(stack.folder.rglob("x"))

    reply = stack.client.post(
        "/api/v2/collections/uploads/images?wait=true",
        files={"files": ("../../x", picture.read_bytes(), "image/png")},
    )

    assert reply.status_code == 200, reply.text
    (image,) = stack.images("uploads")
    assert image["uri"].startswith("upload://")
    assert set(stack.folder.rglob("x")) == before


def test_a_decompression_bomb_is_one_failure(stack: Stack) -> None:
    folder = stack.image_root / "bomb"
    draw_files(folder, 3)
    data = bomb(20_000)
    assert len(data) < 100_000
    (folder / "bomb.png").write_bytes(data)

    job = stack.wait_job(stack.load("bomb", folder)["id"])
    (failure,) = stack.failures(job["id"])
    search = stack.client.post("/api/v2/collections/bomb/search", files={"file": data})

    assert (job["indexed"], job["failed"]) == (3, 1)
    assert failure["code"] == "too_many_pixels"
    assert search.status_code == 422
    assert search.json()["code"] == "too_many_pixels"


def test_a_picture_that_cannot_be_decoded_is_422(stack: Stack) -> None:
    folder = stack.image_root / "undecodable"
    (picture,) = draw_files(folder, 1)
    stack.wait_job(stack.load("undecodable", folder)["id"])

    def code(data: bytes) -> str:
        reply = stack.client.post(
            "/api/v2/collections/undecodable/search", files={"file": ("a.jpg", data)}
        )
        assert reply.status_code == 422, reply.text
        word: str = reply.json()["code"]
        return word

    whole = picture.read_bytes()
    assert code(whole[: len(whole) // 2]) == "truncated"
    assert code(b"") == "empty_file"
    assert code(b"not a picture at all") == "unsupported_format"


def test_failures_by_the_thousand(stack: Stack) -> None:
    folder = stack.image_root / "broken"
    folder.mkdir()
    for index in range(10_000):
        (folder / f"{index:05}.jpg").write_bytes(b"\xff\xd8\xff broken")
    draw_files(folder, 2)

    job = stack.wait_job(stack.load("broken", folder)["id"], 280)

    assert (job["status"], job["failed"], job["indexed"]) == ("done", 10_000, 2)
    uris, cursor = set(), None
    while True:
        params = {"limit": 1000} | ({"cursor": cursor} if cursor else {})
        page = stack.client.get(f"/api/v2/jobs/{job['id']}/failures", params=params).json()
        uris |= {failure["uri"] for failure in page["items"]}
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(uris) == 10_000
    csv = stack.client.get(f"/api/v2/jobs/{job['id']}/failures", headers={"Accept": "text/csv"})
    assert csv.headers["content-type"].startswith("text/csv")
    assert len(csv.text.splitlines()) == 10_001
