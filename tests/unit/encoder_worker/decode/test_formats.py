"""Every format that pictures come in, drawn here, and real ones: turned, cropped, scaled."""

from io import BytesIO
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from encoder_worker.decode.decoder import inspect_jpeg, region_views
from encoder_worker.encode.encoder import Encoder
from shared.domain.query import Crop
from shared.domain.regions import REGIONS
from shared.files.formats import Format
from shared.pictures.opener import open_picture
from tests.drawn import draw
from tests.encoders import cosine, encoded
from tests.unit.encoder_worker.decode.quarters import (
    FILES,
    LIMIT,
    ORIENTATION,
    assert_quarters,
    corner,
    outcome,
    quartered,
    seen,
)


@pytest.mark.parametrize("form", get_args(Format))
def test_every_format_is_read(form: Format) -> None:
    picture = seen(FILES[form](quartered()))
    assert (picture.width, picture.height, picture.format) == (64, 48, form)
    assert_quarters(picture)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(form: str, orientation: int) -> None:
    backwards = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = quartered()
    stored = upright.transpose(backwards[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    options: dict[str, Any] = {"quality": 95} if form != "PNG" else {}
    if form == "HEIF":
        # Its own boxes (irot, imir) turn a HEIC, which this makes the writer add.
        stored.info["exif"] = exif.tobytes()
    else:
        options["exif"] = exif
    picture = seen(encoded(stored, form, **options))
    assert_quarters(picture, tolerance=40)
    assert (picture.width, picture.height) == (64, 48)


def test_exif_does_not_turn_a_heic_once_more() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    assert_quarters(seen(encoded(quartered(), "HEIF", quality=95, exif=exif)), tolerance=40)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_broken_exif_does_not_matter() -> None:
    data = encoded(quartered(), "JPEG", quality=95, exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert_quarters(seen(data), tolerance=40)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_parts_of_a_picture_are_the_crops_of_it(orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(quartered(1600, 1200), "JPEG", exif=exif)
    with open_picture(data, LIMIT) as opened:
        size, view = opened.image.size, region_views()
        view.draft(opened)
        parts = view.draw(opened, size)
    assert parts.pixels.shape == view.shape
    for pixels, crop in zip(parts.pixels, REGIONS, strict=True):
        assert (pixels == seen(data, crop).pixels).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_crop_is_of_the_upright_picture(orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(quartered(), "PNG", exif=exif)
    whole = seen(data)
    for row in (0, 1):
        for column in (0, 1):
            crop = Crop(x=0.5 * column, y=0.5 * row, width=0.5, height=0.5)
            part = seen(data, crop)
            middle = part.pixels[20:204, 20:204].reshape(-1, 3).mean(0)
            assert np.abs(middle - corner(whole, row, column)).max() < 3
            assert (part.width, part.height) == (whole.width, whole.height)


@pytest.mark.parametrize(
    "crop",
    [
        Crop(x=1, y=1, width=1, height=1),
        Crop(x=0.9, y=0.9, width=1, height=1),
        Crop(x=0.5, y=0.5, width=1e-9, height=1e-9),
        Crop(x=0, y=0, width=1e-12, height=1),
    ],
)
@pytest.mark.parametrize("size", [(1, 1), (5, 3), (700, 500)])
def test_the_oddest_crops_give_a_picture(crop: Crop, size: tuple[int, int]) -> None:
    for form in ("PNG", "JPEG"):
        assert seen(encoded(draw(1, at_least(size)).resize(size), form), crop).pixels.size


def at_least(size: tuple[int, int]) -> tuple[int, int]:
    return max(size[0], 64), max(size[1], 64)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_of_moving_pictures_the_first_frame_counts(form: str) -> None:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue", "lime")]
    data = encoded(frames[0], form, save_all=True, append_images=frames[1:])
    assert np.abs(corner(seen(data), 0, 0) - (255, 0, 0)).max() < 12


def test_a_tiff_of_tiles_and_strips_is_stretched_whole() -> None:
    image = quartered(1000, 30)
    data = encoded(image, "TIFF", tiffinfo={TiffImagePlugin.ROWSPERSTRIP: 7})
    picture = seen(data)
    assert (picture.width, picture.height) == (1000, 30)
    assert_quarters(picture)


def test_a_scaled_decode_gives_the_same_vector(encoder: Encoder) -> None:
    """A JPEG much larger than the network's square is decoded at a fraction of its size."""
    large = draw(5, (2400, 1800))
    data = encoded(large, "JPEG", quality=90)
    scaled = seen(data).pixels
    whole = Image.open(BytesIO(data)).convert("RGB")
    full = np.asarray(whole.resize((224, 224), Image.Resampling.BILINEAR))
    assert not np.array_equal(scaled, full)
    vectors = [encoder.submit(pixels, "avg").result(60).vector for pixels in (scaled, full)]
    assert cosine(*vectors) >= 0.999


def test_headers_of_plain_jpegs() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    turned = inspect_jpeg(encoded(quartered(), "JPEG", exif=exif), LIMIT)
    assert turned is not None
    assert (turned.width, turned.height, turned.orientation) == (48, 64, 6)
    whole = encoded(draw(1), "JPEG")
    for data in (whole[:-9], encoded(quartered().convert("CMYK"), "JPEG"), encoded(draw(1), "PNG")):
        assert inspect_jpeg(data, LIMIT) is None
    assert inspect_jpeg(whole, 320 * 240 - 1) is None
    assert inspect_jpeg(b"\xff\xd8\xff" + bytes(9) + b"\xff\xd9", LIMIT) is None


def test_pngsuite(real_pictures: Path) -> None:
    """161 sound files decode; the 14 named x… fail, but for one that only has a wrong checksum."""
    sound, broken = 0, {}
    for path in sorted((real_pictures / "pngsuite").glob("*.png")):
        what = outcome(path.read_bytes())
        if what == "picture":
            sound += not path.name.startswith("x")
        else:
            broken[path.name] = what
    assert sound == 161
    assert all(name.startswith("x") for name in broken)
    assert len(broken) in (13, 14)
    assert set(broken.values()) <= {"corrupt", "truncated", "unsupported_format"}


def test_one_scene_in_nine_orientations(real_pictures: Path) -> None:
    for scene in ("Landscape", "Portrait"):
        pictures = [
            seen((real_pictures / "exif-orientation" / f"{scene}_{number}.jpg").read_bytes())
            for number in range(9)
        ]
        assert len({(picture.width, picture.height) for picture in pictures}) == 1
        first = pictures[1].pixels.astype(np.int16)
        for picture in pictures:
            assert np.abs(picture.pixels - first).mean() < 2
