"""Files that are no picture, are damaged, or would be too large."""

from typing import get_args

import numpy as np
import pytest
from PIL import Image

from encoder_worker.decode.decoder import decode
from shared.errors import PictureError
from shared.files.formats import Format
from tests.drawn import draw
from tests.encoders import encoded
from tests.unit.encoder_worker.decode.quarters import FILES, LIMIT, outcome, quartered, seen


def failure_of(data: bytes, limit: int = LIMIT) -> PictureError:
    with pytest.raises(PictureError) as failure:
        decode(data, limit)
    assert failure.value.detail.endswith(".")
    return failure.value


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("form", get_args(Format))
def test_every_format_cut_in_half_is_truncated(form: Format) -> None:
    data = FILES[form](draw(3))
    with pytest.raises(PictureError) as failure:
        seen(data[: len(data) // 2])
    assert failure.value.code == "truncated"
    assert form in failure.value.detail


@pytest.mark.parametrize("form", get_args(Format))
def test_every_format_with_garbage_inside_fails_or_decodes(form: Format) -> None:
    data = bytearray(FILES[form](draw(3)))
    dice = np.random.default_rng(7)
    for _ in range(40):
        broken = bytearray(data)
        start = int(dice.integers(12, len(data) - 40))
        broken[start : start + 30] = dice.bytes(30)
        assert outcome(bytes(broken)) in ("picture", "corrupt", "truncated", "too_many_pixels")


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
    data = FILES[form](quartered())
    assert failure_of(data, 64 * 48 - 1).code == "too_many_pixels"
    assert decode(data, 64 * 48).width == 64


def test_the_limit_comes_before_the_damage() -> None:
    data = encoded(draw(1), "PNG")
    assert failure_of(data[: len(data) // 2], 100).code == "too_many_pixels"
