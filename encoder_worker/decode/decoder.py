"""A picture's bytes into the upright RGB square that the network sees.

Here within the calling process, for calibration, tests and benchmarks: loads and searches decode in
processes of their own (`encoder_worker.decode.batch`), which draw the same pixels.
"""

from typing import NamedTuple

from encoder_worker.model.vgg16 import SIDE
from shared.domain.facts import Facts
from shared.domain.query import Crop
from shared.errors import PictureError
from shared.pictures.cost import is_costly
from shared.pictures.exif import facts_of
from shared.pictures.opener import SIDEWAYS, open_picture, orientation_of
from shared.pictures.square import Parts, Picture, Square
from shared.pictures.truncation import is_truncated

#: A JPEG with more segments before its pixels than any camera writes is left to the sandbox.
_MAX_SEGMENTS = 256
_START_OF_SCAN = 0xDA


class JpegHeader(NamedTuple):
    """`width` and `height` of the upright picture; `orientation` is what turns it upright."""

    width: int
    height: int
    orientation: int
    facts: Facts


def network_view(crop: Crop | None = None) -> Square:
    """What the network sees of a picture, or of a crop of it."""
    return Square(SIDE, crop)


def region_views() -> Parts:
    """What the network sees of the regions of a picture."""
    return Parts(SIDE)


def decode(data: bytes, max_pixels: int, crop: Crop | None = None) -> Picture:
    """Decode a picture's first frame, or a crop of it, stretched to the network's square.

    Raises PictureError as `shared.pictures.opener.open_picture` does.
    """
    view = network_view(crop)
    with open_picture(data, max_pixels) as opened:
        size = opened.image.size
        view.draft(opened)
        return view.draw(opened, size)


def inspect_jpeg(data: bytes, max_pixels: int) -> JpegHeader | None:
    """The header of a whole, plain JPEG (grey or YCbCr) within limits; None for all else.

    It costs little whatever the bytes are: headers of many segments and pictures of many scans
    are none of the plain ones.
    """
    if is_truncated(data, "jpeg") or not _has_short_header(data):
        return None
    try:
        with open_picture(data, max_pixels) as opened:
            width, height = opened.image.size
            if opened.format != "jpeg" or opened.image.mode not in ("L", "RGB"):
                return None
            if is_costly(opened, opened.image.size):
                return None
            orientation, facts = orientation_of(opened.image), facts_of(opened)
    except PictureError:  # the sandbox says so, too
        return None
    if orientation in SIDEWAYS:
        width, height = height, width
    return JpegHeader(width, height, orientation, facts)


def _has_short_header(jpeg: bytes) -> bool:
    """Whether the first scan follows after few segments (ITU-T T.81, B.1.1.4)."""
    position = 2
    for _ in range(_MAX_SEGMENTS):
        if jpeg[position : position + 1] != b"\xff" or position + 4 > len(jpeg):
            return False
        if jpeg[position + 1] == _START_OF_SCAN:
            return True
        position += 2 + int.from_bytes(jpeg[position + 2 : position + 4], "big")
    return False
