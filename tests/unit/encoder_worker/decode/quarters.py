"""Pictures of four coloured quarters, their files, and the colours found in them."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from encoder_worker.decode.decoder import decode
from shared.domain.query import Crop
from shared.errors import PictureError
from shared.files.formats import Format
from shared.pictures.square import Picture
from tests.encoders import encoded

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
    colour: NDArray[np.int16] = half.reshape(-1, 3).mean(0).astype(np.int16)
    return colour


def assert_quarters(picture: Picture, tolerance: int = 12) -> None:
    assert picture.pixels.shape == (224, 224, 3)
    assert picture.pixels.dtype == np.uint8
    for (row, column), colour in QUARTERS.items():
        assert np.abs(corner(picture, row, column) - colour).max() <= tolerance, (row, column)


FILES: dict[Format, Callable[[Image.Image], bytes]] = {
    "jpeg": lambda image: encoded(image, "JPEG", quality=95, subsampling=0),
    "png": lambda image: encoded(image, "PNG"),
    "webp": lambda image: encoded(image, "WEBP", quality=95),
    "gif": lambda image: encoded(image, "GIF"),
    "bmp": lambda image: encoded(image, "BMP"),
    "tiff": lambda image: encoded(image, "TIFF", compression="tiff_lzw"),
    "avif": lambda image: encoded(image, "AVIF", quality=90),
    "heic": lambda image: encoded(image, "HEIF", quality=90),
}
