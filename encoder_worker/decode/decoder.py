"""Bytes of a picture into the upright RGB square that the network sees.

This module must not import torch: the sandbox's process lives without it.
"""

import threading
import warnings
from contextlib import nullcontext
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image, ImageFile

from encoder_worker.decode.pixels import resize_to_rgb
from encoder_worker.decode.truncation import is_truncated
from encoder_worker.model.vgg16 import SIDE
from shared.domain.query import Crop
from shared.errors import PictureError
from shared.files.formats import FORMATS, SNIFF_BYTES, Format, sniff

# Pillow's switches are global to the process; they are thrown here, once, for good.
# Half a picture is a failure with a code, never a picture with a grey half.
ImageFile.LOAD_TRUNCATED_IMAGES = False
# Pixels are limited below, by `max_pixels` and before decoding; Pillow's own limit only warns.
Image.MAX_IMAGE_PIXELS = None
# What Pillow warns of, users read as a failure's reason or not at all.
warnings.filterwarnings("ignore", module=r"PIL\.")
# Pictures are decoded side by side, so none of them needs threads of its own.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pillow_heif.options.DECODE_THREADS = 1
pillow_heif.register_heif_opener(thumbnails=False)

#: Pillow's plug-in for each format; no other one ever sees the bytes.
_PLUGINS: dict[Format, str] = {
    "jpeg": "JPEG",
    "png": "PNG",
    "webp": "WEBP",
    "gif": "GIF",
    "bmp": "BMP",
    "tiff": "TIFF",
    "avif": "AVIF",
    "heic": "HEIF",
}
_ORIENTATION = 0x0112
#: Where a PNG's header says how many bits a sample has (PNG specification, 11.2.1).
_PNG_DEPTH = 24
#: What turns a stored picture upright, by EXIF orientation (TIFF 6.0, tag 274).
_UPRIGHT: dict[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = frozenset({5, 6, 7, 8})
#: A JPEG is decoded at a half, quarter or eighth where that leaves this many times 224 pixels:
#: the vectors keep a cosine above 0.999 to those of a full decode.
_DRAFT_MARGIN = 2
#: Pictures above this many pixels are decoded one at a time: a large one takes up to 8 bytes a
#: pixel while it is decoded, and a thread per core of them would not fit in memory.
_LARGE_PIXELS = 16_000_000
_one_large_at_a_time = threading.Lock()


class Picture(NamedTuple):
    """`pixels` uint8 (224, 224, 3); `width` and `height` of the whole upright picture."""

    pixels: NDArray[np.uint8]
    width: int
    height: int
    format: Format


class JpegHeader(NamedTuple):
    """`width` and `height` of the upright picture; `orientation` is what turns it upright."""

    width: int
    height: int
    orientation: int


def decode(data: bytes, max_pixels: int, crop: Crop | None = None) -> Picture:
    """Decode a picture's first frame, or a crop of it, stretched to the network's square.

    Colours become RGB, transparency becomes white, EXIF orientation is applied; embedded colour
    profiles are not. Raises PictureError `empty_file`, `unsupported_format`, `too_many_pixels`,
    `too_large`, `truncated`, `corrupt`.
    """
    if not data:
        raise PictureError("empty_file", "The file is empty.")
    form = sniff(data[:SNIFF_BYTES])
    if form is None:
        raise PictureError(
            "unsupported_format",
            f"The content is none of the formats that can be read: {', '.join(FORMATS)}.",
        )
    try:
        with Image.open(BytesIO(data), formats=[_PLUGINS[form]]) as image:
            if form == "png" and data[_PNG_DEPTH] == 16:
                _narrow_key_colour(image)
            return _decode(image, form, max_pixels, crop)
    except PictureError:
        raise
    except MemoryError as error:
        raise PictureError(
            "too_large", "The picture takes more memory to decode than the encoder has."
        ) from error
    except Exception as error:  # a parser meets anything in hostile bytes
        raise _failure(data, form, error) from error


def inspect_jpeg(data: bytes, max_pixels: int) -> JpegHeader | None:
    """The header of a whole, plain JPEG (grey or YCbCr) within limits; None for all else."""
    if sniff(data[:SNIFF_BYTES]) != "jpeg" or is_truncated(data, "jpeg"):
        return None
    try:
        with Image.open(BytesIO(data), formats=["JPEG"]) as image:
            width, height = image.size
            if image.mode not in ("L", "RGB") or width * height > max_pixels:
                return None
            orientation = _orientation(image)
    except Exception:  # noqa: BLE001 - `decode` says what is wrong with it
        return None
    if orientation in _SIDEWAYS:
        width, height = height, width
    return JpegHeader(width, height, orientation)


def _decode(image: Image.Image, form: Format, max_pixels: int, crop: Crop | None) -> Picture:
    width, height = image.size
    if width * height > max_pixels:
        raise PictureError(
            "too_many_pixels",
            f"The picture is {width} by {height} pixels; at most {max_pixels} in all are read.",
        )
    crop = crop or Crop(x=0, y=0, width=1, height=1)
    if form == "jpeg":
        wanted = _DRAFT_MARGIN * SIDE
        image.draft(image.mode, (round(wanted / crop.width), round(wanted / crop.height)))
    pixels = image.width * image.height
    with _one_large_at_a_time if pixels > _LARGE_PIXELS else nullcontext():
        image.load()
        orientation = _orientation(image)
        box = _stored_box(crop, orientation, image.width, image.height)
        small = resize_to_rgb(image, box, SIDE)
    # The square is turned instead of the picture: stretching to a square commutes with it.
    turn = _UPRIGHT.get(orientation)
    if turn is not None:  # a flip is Pillow's transpose 0
        small = small.transpose(turn)
    if orientation in _SIDEWAYS:
        width, height = height, width
    return Picture(np.asarray(small), width, height, form)


def _narrow_key_colour(image: Image.Image) -> None:
    """Pillow narrows 16-bit RGB to 8 bits, but not the colour that stands for transparent."""
    key = image.info.get("transparency")
    if image.mode == "RGB" and isinstance(key, tuple):
        image.info["transparency"] = tuple(value >> 8 for value in key)


def _orientation(image: Image.Image) -> int:
    try:
        value: Any = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - broken EXIF does not make a picture unreadable
        return 1
    return value if isinstance(value, int) else 1


def _stored_box(
    crop: Crop, orientation: int, width: int, height: int
) -> tuple[float, float, float, float]:
    """The crop of the upright picture as left, top, right, bottom of the stored one, in pixels."""
    left, top = crop.x, crop.y
    right, bottom = min(1.0, crop.x + crop.width), min(1.0, crop.y + crop.height)
    if orientation in _SIDEWAYS:
        left, top, right, bottom = top, left, bottom, right
    # Now the axes are the stored ones; what remains is whether each runs backwards.
    if orientation in (2, 3, 7, 8):
        left, right = 1 - right, 1 - left
    if orientation in (3, 4, 6, 7):
        top, bottom = 1 - bottom, 1 - top
    left, top = min(left * width, width - 1e-3), min(top * height, height - 1e-3)
    return left, top, max(right * width, left + 1e-3), max(bottom * height, top + 1e-3)


def _failure(data: bytes, form: Format, error: Exception) -> PictureError:
    if is_truncated(data, form) or "truncated" in str(error).lower():
        return PictureError("truncated", f"The {form} file ends before the picture does.")
    return PictureError("corrupt", f"The content is no {form} picture that can be decoded.")
