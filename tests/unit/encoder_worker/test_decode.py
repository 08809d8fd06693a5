"""Every format and kind of pixels that pictures come in, drawn here, and real ones."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from encoder_worker.decode import Picture, decode, inspect_jpeg
from encoder_worker.encoder import Encoder
from shared.errors import PictureError
from shared.formats import Format
from shared.messages import Crop
from tests.drawn import draw
from tests.unit.encoder_worker.conftest import cosine, encoded

LIMIT = 100_000_000
#: Red, green, blue and grey quarters: where each lies tells how a picture was turned.
QUARTERS = {(0, 0): (255, 0, 0), (0, 1): (0, 255, 0), (1, 0): (0, 0, 255), (1, 1): (99, 99, 99)}
ORIENTATION = 0x0112


def quartered(width: int = 64, height: int = 48) -> Image.Image:
    image = Image.new("RGB", (width, height))
    for (row, column), colour in QUARTERS.items():
        box = (column * width // 2, row * height // 2)
        image.paste(colour, (*box, box[0] + width // 2, box[1] + height // 2))
    return image


def seen(data: bytes, crop: Crop | None = None) -> Picture:
    return decode(data, LIMIT, crop)


def outcome(data: bytes) -> str:
    """`picture`, or the code of its failure."""
    try:
        picture = seen(data)
    except PictureError as failure:
        return failure.code
    return "picture" if picture.pixels.shape == (224, 224, 3) else "another shape"


def corner(picture: Picture, row: int, column: int) -> NDArray[np.int16]:
    """The colour in the middle of a quarter of what the network sees."""
    half = picture.pixels[row * 112 + 28 : row * 112 + 84, column * 112 + 28 : column * 112 + 84]
    return half.reshape(-1, 3).mean(0).astype(np.int16)


def assert_quarters(picture: Picture, tolerance: int = 12) -> None:
    assert picture.pixels.shape == (224, 224, 3)
    assert picture.pixels.dtype == np.uint8
    for (row, column), colour in QUARTERS.items():
        assert np.abs(corner(picture, row, column) - colour).max() <= tolerance, (row, column)


_FILES: dict[Format, Callable[[Image.Image], bytes]] = {
    "jpeg": lambda image: encoded(image, "JPEG", quality=95, subsampling=0),
    "png": lambda image: encoded(image, "PNG"),
    "webp": lambda image: encoded(image, "WEBP", quality=95),
    "gif": lambda image: encoded(image, "GIF"),
    "bmp": lambda image: encoded(image, "BMP"),
    "tiff": lambda image: encoded(image, "TIFF", compression="tiff_lzw"),
    "avif": lambda image: encoded(image, "AVIF", quality=90),
    "heic": lambda image: encoded(image, "HEIF", quality=90),
}


@pytest.mark.parametrize("form", get_args(Format))
def test_every_format_is_read(form: Format) -> None:
    picture = seen(_FILES[form](quartered()))
    assert (picture.width, picture.height, picture.format) == (64, 48, form)
    assert_quarters(picture)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("form", get_args(Format))
def test_every_format_cut_in_half_is_truncated(form: Format) -> None:
    data = _FILES[form](draw(3))
    with pytest.raises(PictureError) as failure:
        seen(data[: len(data) // 2])
    assert failure.value.code == "truncated"
    assert form in failure.value.detail


@pytest.mark.parametrize("form", get_args(Format))
def test_every_format_with_garbage_inside_fails_or_decodes(form: Format) -> None:
    data = bytearray(_FILES[form](draw(3)))
    dice = np.random.default_rng(7)
    for _ in range(40):
        broken = bytearray(data)
        start = int(dice.integers(12, len(data) - 40))
        broken[start : start + 30] = dice.bytes(30)
        assert outcome(bytes(broken)) in ("picture", "corrupt", "truncated", "too_many_pixels")


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


def test_cmyk_is_not_inverted() -> None:
    """Pillow writes CMYK as Adobe does, inverted and marked so."""
    assert_quarters(seen(encoded(quartered().convert("CMYK"), "JPEG", quality=95)), 40)
    assert_quarters(seen(encoded(quartered().convert("CMYK"), "TIFF")), 3)


@pytest.mark.parametrize("mode", ["L", "1", "LA", "P", "RGB", "RGBA", "YCbCr", "LAB"])
def test_every_kind_of_pixels_is_read(mode: str) -> None:
    form = "TIFF" if mode in ("YCbCr", "LAB") else "PNG"
    options = {"compression": "jpeg", "quality": 95} if mode == "YCbCr" else {}
    picture = seen(encoded(quartered().convert(mode), form, **options))
    red = corner(picture, 0, 0)
    if mode in ("RGB", "RGBA", "P", "YCbCr", "LAB"):
        assert_quarters(picture, tolerance=24)  # LAB has few shades of blue
    else:
        assert red[0] == red[1] == red[2]


def test_transparency_is_white() -> None:
    clear = quartered().convert("RGBA")
    clear.paste((0, 0, 0, 0), (0, 0, 32, 24))
    clear.paste((0, 0, 0, 128), (32, 0, 64, 24))
    for data in (encoded(clear, "PNG"), encoded(clear, "WEBP", lossless=True)):
        picture = seen(data)
        assert corner(picture, 0, 0).tolist() == [255, 255, 255]
        assert np.abs(corner(picture, 0, 1) - 127).max() <= 1


def test_transparent_grey_is_white() -> None:
    grey = Image.new("LA", (64, 48), (200, 255))
    grey.paste((0, 0), (0, 0, 32, 24))
    picture = seen(encoded(grey, "PNG"))
    assert corner(picture, 0, 0).tolist() == [255] * 3
    assert corner(picture, 1, 1).tolist() == [200] * 3


def test_hidden_colours_do_not_bleed() -> None:
    """Black under full transparency must not darken the edge to white."""
    image = Image.new("RGBA", (448, 448), (0, 0, 0, 0))
    image.paste((255, 255, 255, 255), (0, 0, 223, 448))
    assert seen(encoded(image, "PNG")).pixels.min() == 255


def test_a_transparent_palette_entry_is_white() -> None:
    image = Image.new("P", (64, 48), 0)
    image.putpalette([0, 0, 0, 10, 200, 10])
    image.paste(1, (32, 0, 64, 48))
    for data in (
        encoded(image, "PNG", transparency=0),
        encoded(image, "PNG", transparency=bytes([0, 255])),
        encoded(image, "GIF", transparency=0),
    ):
        picture = seen(data)
        assert corner(picture, 0, 0).tolist() == [255, 255, 255]
        assert corner(picture, 0, 1).tolist() == [10, 200, 10]


@pytest.mark.parametrize(("mode", "key"), [("L", 0), ("RGB", (0, 0, 0))], ids=["grey", "colour"])
def test_a_key_colour_is_white(mode: str, key: object) -> None:
    image = Image.new(mode, (64, 48))
    image.paste(Image.new(mode, (32, 48), (9 if mode == "L" else (9, 9, 9))), (32, 0))
    picture = seen(encoded(image, "PNG", transparency=key))
    assert corner(picture, 0, 0).tolist() == [255] * 3
    assert corner(picture, 0, 1).tolist() == [9] * 3


def test_sixteen_bit_grey_keeps_its_shades() -> None:
    values = np.zeros((48, 64), np.uint16)
    values[:24, :32], values[:24, 32:], values[24:, :32] = 0x1234, 0x8000, 0xFFFF
    picture = seen(encoded(Image.fromarray(values), "PNG"))
    shades = [int(corner(picture, row, column)[0]) for row in (0, 1) for column in (0, 1)]
    assert shades == [0x12, 0x80, 0xFF, 0]
    again = seen(encoded(Image.fromarray(values), "TIFF"))
    np.testing.assert_array_equal(again.pixels, picture.pixels)


def test_sixteen_bit_key_grey_is_white() -> None:
    values = np.full((48, 64), 300, np.uint16)
    values[:24] = 40_000
    picture = seen(encoded(Image.fromarray(values), "PNG", transparency=300))
    assert corner(picture, 1, 0).tolist() == [255] * 3
    assert corner(picture, 0, 0).tolist() == [156] * 3


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([0.0, 0.5, 1.0], np.float32), [0, 127, 255]),
        (np.array([0.0, 100.0, 255.0], np.float32), [0, 100, 255]),
        (np.array([0.0, 32_768.0, 65_535.0], np.float32), [0, 127, 255]),
        (np.array([-10.0, 0.0, 10.0], np.float32), [0, 127, 255]),
        (np.array([0, 100, 255], np.int32), [0, 100, 255]),
        (np.array([0, 1 << 20, 1 << 21], np.int32), [0, 127, 255]),
        (np.array([0.0, np.nan, 1.0], np.float32), [0, 0, 255]),
        (np.array([7.0, 7.0, 7.0], np.float32), [7, 7, 7]),
    ],
)
def test_deep_tiffs_are_spread_over_eight_bits(values: NDArray[Any], expected: list[int]) -> None:
    image = Image.fromarray(np.repeat(np.repeat(values[None], 30, 0), 30, 1))
    picture = seen(encoded(image, "TIFF"))
    assert [int(picture.pixels[112, x, 0]) for x in (20, 112, 204)] == expected


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


def failure_of(data: bytes, limit: int = LIMIT) -> PictureError:
    with pytest.raises(PictureError) as failure:
        decode(data, limit)
    assert failure.value.detail.endswith(".")
    return failure.value


def test_an_empty_file_is_said_to_be_empty() -> None:
    assert failure_of(b"").code == "empty_file"


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        b"hello, world",
        b"%PDF-1.7\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xff\xd8",
    ],
)
def test_other_content_is_unsupported(data: bytes) -> None:
    assert failure_of(data).code == "unsupported_format"


def test_formats_that_pillow_knows_and_we_do_not_are_unsupported() -> None:
    for form in ("PPM", "ICO", "PCX", "TGA"):
        assert failure_of(encoded(quartered(), form)).code == "unsupported_format"


def test_a_mark_without_a_picture_is_no_picture() -> None:
    for head in (b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0"):
        assert failure_of(head + bytes(64)).code in ("corrupt", "truncated")


def test_a_huge_picture_is_refused_by_its_header() -> None:
    """20,000 x 20,000 pixels in some kB: 1.2 GB, were it decoded."""
    bomb = encoded(Image.new("1", (20_000, 20_000)), "PNG")
    assert len(bomb) < 100_000
    failure = failure_of(bomb)
    assert failure.code == "too_many_pixels"
    assert "20000 by 20000" in failure.detail


@pytest.mark.parametrize("form", get_args(Format))
def test_every_format_heeds_the_limit(form: Format) -> None:
    data = _FILES[form](quartered())
    assert failure_of(data, 64 * 48 - 1).code == "too_many_pixels"
    assert decode(data, 64 * 48).width == 64


def test_the_limit_comes_before_the_damage() -> None:
    data = encoded(draw(1), "PNG")
    assert failure_of(data[: len(data) // 2], 100).code == "too_many_pixels"


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
