"""Thumbnails of pictures of every kind."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from encoder_worker.decode.decoder import decode
from shared.errors import PictureError
from shared.pictures.opener import open_picture
from shared.pictures.thumbnail import Thumbnail
from tests.drawn import draw
from tests.encoders import encoded
from tests.integration.test_hostile_input import bomb

PIXELS = 100_000_000


def colour(picture: Image.Image, x: int, y: int) -> tuple[int, ...]:
    """The bands of one pixel."""
    value = picture.getpixel((x, y))
    assert isinstance(value, tuple)
    return value


def shrink(data: bytes, size: int) -> bytes:
    view = Thumbnail(size)
    with open_picture(data, PIXELS) as opened:
        view.draft(opened)
        return view.draw(opened, opened.image.size)


def small(path: Path, size: int = 64) -> Image.Image:
    return Image.open(io.BytesIO(shrink(path.read_bytes(), size)))


@pytest.mark.parametrize(
    ("mode", "name"),
    [
        *((mode, f"{mode}.png") for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "I;16")),
        *(
            ("RGB", f"picture.{ext}")
            for ext in ("jpg", "webp", "gif", "bmp", "tif", "avif", "heic")
        ),
        ("CMYK", "cmyk.jpg"),
        ("F", "float.tif"),
    ],
)
def test_every_mode_and_format_is_drawn(tmp_path: Path, mode: str, name: str) -> None:
    path = tmp_path / name
    picture = draw(1, (300, 150))
    (picture.convert("I").convert("I;16") if mode == "I;16" else picture.convert(mode)).save(path)

    assert small(path).size == (64, 32)


def test_16_bit_grey_keeps_its_tone(tmp_path: Path) -> None:
    Image.new("I;16", (100, 100), 128 * 257).save(tmp_path / "grey.png")

    red, green, blue = colour(small(tmp_path / "grey.png").convert("RGB"), 5, 5)

    assert red == green == blue
    assert abs(red - 128) <= 2


def test_transparency_is_kept(tmp_path: Path) -> None:
    Image.new("RGBA", (100, 100), (255, 0, 0, 0)).save(tmp_path / "clear.png")

    picture = small(tmp_path / "clear.png")

    assert picture.mode == "RGBA"
    assert colour(picture, 5, 5)[3] == 0


def test_it_is_never_enlarged(tmp_path: Path) -> None:
    draw(1, (40, 30)).save(tmp_path / "tiny.png")

    assert small(tmp_path / "tiny.png", 1024).size == (40, 30)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("extension", ["jpg", "png", "webp"])
def test_it_is_upright(tmp_path: Path, orientation: int, extension: str) -> None:
    path = tmp_path / f"turned.{extension}"
    picture = Image.new("RGB", (80, 40), "black")
    picture.paste("white", (0, 0, 40, 20))
    exif = picture.getexif()
    exif[0x0112] = orientation
    picture.save(path, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(path)).convert("RGB")

    drawn = small(path, 80).convert("RGB")

    assert drawn.size == upright.size
    for x, y in ((5, 5), (drawn.width - 5, 5), (5, drawn.height - 5)):
        assert abs(colour(drawn, x, y)[0] - colour(upright, x, y)[0]) < 40


def test_the_first_frame_stands_for_what_moves(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])

    red, _, blue = colour(small(tmp_path / "moving.gif").convert("RGB"), 9, 9)

    assert red > 200 > blue


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"text", "unsupported_format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "unsupported_format"),
        (bomb(20_000), "too_many_pixels"),
    ],
)
def test_what_cannot_be_drawn_says_why(content: bytes, code: str) -> None:
    with pytest.raises(PictureError) as caught:
        shrink(content, 64)

    assert caught.value.code == code


def test_damage_is_told_from_a_missing_end() -> None:
    data = encoded(draw(1), "JPEG")
    with pytest.raises(PictureError) as caught:
        shrink(data[:3000], 64)
    assert caught.value.code == "truncated"


def test_deep_grey_is_seen_as_the_network_sees_it(tmp_path: Path) -> None:
    """32-bit grey of one camera: both spread its values over 8 bits by one rule."""
    values = np.linspace(0, 65535, 100 * 100).reshape(100, 100).astype(np.int32)
    Image.fromarray(values).save(tmp_path / "deep.tif")

    drawn = np.asarray(small(tmp_path / "deep.tif", 100).convert("L"))
    seen = decode((tmp_path / "deep.tif").read_bytes(), PIXELS).pixels[:, :, 0]

    assert abs(float(drawn.mean()) - float(seen.mean())) < 2
    assert drawn[0, 0] < 8
    assert drawn[-1, -1] > 247
