"""Which pictures go to the slow lane at once: by pixels, and by a JPEG's scans."""

from io import BytesIO

import pytest
from PIL import Image

from shared.pictures.cost import is_costly, scan_count
from shared.pictures.opener import open_picture
from shared.pictures.square import Square
from tests.drawn import draw
from tests.encoders import encoded
from tests.hostile_pictures import endless_jpeg


def costly(data: bytes) -> bool:
    with open_picture(data, 1_000_000_000) as opened:
        size = opened.image.size
        Square(224).draft(opened)
        return is_costly(opened, size)


def flat(width: int, height: int, form: str, **options: object) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height)).save(out, form, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        encoded(draw(1), "JPEG", progressive=True),
        flat(4000, 3000, "JPEG", progressive=True),
        flat(6000, 4000, "JPEG", progressive=True),
        flat(12_000, 8000, "JPEG"),
        flat(4000, 3000, "PNG"),
        endless_jpeg(side=500),
    ],
)
def test_what_cameras_and_screens_make_is_not_costly(data: bytes) -> None:
    assert not costly(data)


@pytest.mark.parametrize(
    "data",
    [
        flat(5000, 4000, "PNG"),
        flat(8000, 6000, "JPEG", progressive=True),
        endless_jpeg(),
        endless_jpeg(side=1000),
    ],
)
def test_many_pixels_and_many_scans_are_costly(data: bytes) -> None:
    assert costly(data)


def test_no_scan_is_missed() -> None:
    assert scan_count(encoded(draw(1), "JPEG")) == 1
    assert scan_count(endless_jpeg(side=64, scans=777)) == 777
