"""Every kind of pixels that pictures come in: colours, depths, transparency."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.encoders import encoded
from tests.unit.encoder_worker.decode.quarters import assert_quarters, corner, quartered, seen


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
