"""Formats are recognised by content and not by name."""

import io

import pytest
from PIL import Image
from pillow_heif import register_heif_opener

from shared.files.formats import Format, has_picture_extension, sniff
from tests.drawn import draw

register_heif_opener()


@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("JPEG", "jpeg"),
        ("PNG", "png"),
        ("WEBP", "webp"),
        ("GIF", "gif"),
        ("BMP", "bmp"),
        ("TIFF", "tiff"),
        ("AVIF", "avif"),
        ("HEIF", "heic"),
    ],
)
def test_each_format_is_told_by_its_first_bytes(name: str, format_: Format) -> None:
    buffer = io.BytesIO()
    draw(1).save(buffer, name)

    assert sniff(buffer.getvalue()[:64]) == format_


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"BM",
        b"BMW is a car maker, not a bitmap",
        b"%PDF-1.7",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"<svg xmlns='http://www.w3.org/2000/svg'>",
        b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp42",
        b"PK\x03\x04",
        b"\xff\xfe text in utf-16",
    ],
)
def test_other_content_is_no_picture(head: bytes) -> None:
    assert sniff(head) is None


def test_an_avif_is_known_by_a_compatible_brand() -> None:
    assert sniff(b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avifmiaf") == "avif"


@pytest.mark.parametrize("name", ["a.jpg", "A.JPG", "b.jpeg", "c.tif", "d.HEIC", "e.tar.webp"])
def test_names_that_claim_to_be_pictures(name: str) -> None:
    assert has_picture_extension(name)


@pytest.mark.parametrize("name", ["jpg", "a.txt", "a.jpg.part", "", "."])
def test_names_that_do_not(name: str) -> None:
    assert not has_picture_extension(name)


def test_bitmaps_keep_their_header_length() -> None:
    buffer = io.BytesIO()
    Image.new("1", (3, 3)).save(buffer, "BMP")

    assert sniff(buffer.getvalue()[:64]) == "bmp"
