"""Thumbnails of pictures of every kind."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from gateway.files import thumbnailer as module
from gateway.files.thumbnailer import shrink
from shared.errors import PictureError
from tests.drawn import draw
from tests.integration.test_hostile_input import bomb

PIXELS = 100_000_000


def colour(picture: Image.Image, x: int, y: int) -> tuple[int, ...]:
    """The bands of one pixel."""
    value = picture.getpixel((x, y))
    assert isinstance(value, tuple)
    return value


def small(path: Path, size: int = 64) -> Image.Image:
    return Image.open(io.BytesIO(shrink(path, size, PIXELS)))


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
        (b"", "unsupported_format"),
        (b"text", "unsupported_format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "unsupported_format"),
        (bomb(20_000), "too_many_pixels"),
    ],
)
def test_what_cannot_be_drawn_says_why(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(content)

    with pytest.raises(PictureError) as caught:
        shrink(path, 64, PIXELS)

    assert caught.value.code == code


def test_damage_and_absence_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    with pytest.raises(PictureError) as caught:
        shrink(path, 64, PIXELS)
    assert caught.value.code == "missing"

    draw(1).save(path)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(PictureError) as caught:
        shrink(path, 64, PIXELS)
    assert caught.value.code == "truncated"


def test_a_large_picture_is_drawn_by_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.png"
    draw(1, (300, 150)).save(path)
    here = shrink(path, 64, PIXELS)

    monkeypatch.setattr(module, "HEAVY_BYTES", 0)

    assert shrink(path, 64, PIXELS) == here
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(PictureError) as caught:
        shrink(path, 64, PIXELS)
    assert caught.value.code in ("truncated", "corrupt")
    assert "\n" not in caught.value.detail


def test_what_is_large_is_told_without_decoding(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    draw(1, (4000, 3000)).save(path)
    baseline = module._memory(path, PIXELS)
    draw(1, (4000, 3000)).save(path, progressive=True)
    progressive = module._memory(path, PIXELS)

    assert baseline < module.HEAVY_BYTES < progressive
    path.write_bytes(bomb(9_000))
    assert module._memory(path, PIXELS) > module.HEAVY_BYTES
