"""A picture, or parts of it, as the upright RGB squares that a network sees."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.domain.facts import NO_FACTS, Facts
from shared.domain.query import Crop
from shared.domain.regions import REGIONS
from shared.files.formats import Format
from shared.pictures.exif import facts_of
from shared.pictures.opener import SIDEWAYS, UPRIGHT, Opened, orientation_of
from shared.pictures.pixels import resize_to_rgb

#: A JPEG is decoded at a half, quarter or eighth where that leaves this many times the side:
#: the vectors keep a cosine above 0.999 to those of a full decode.
_DRAFT_MARGIN = 2
_WHOLE = Crop(x=0, y=0, width=1, height=1)


class Picture(NamedTuple):
    """`pixels` uint8 (side, side, 3); `width` and `height` of the whole upright picture.

    Of parts, `pixels` are of shape (parts, side, side, 3).
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    format: Format
    facts: Facts = NO_FACTS


class Square(NamedTuple):
    """What is wanted of a picture: it, or a crop of it, stretched to `side` by `side` pixels.

    Colours become RGB, transparency becomes white, EXIF orientation is applied; embedded colour
    profiles are not.
    """

    side: int
    crop: Crop | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the pixels."""
        return self.side, self.side, 3

    def draft(self, opened: Opened) -> None:
        """Have a JPEG decoded at a fraction of its size, where that leaves enough pixels."""
        _draft(opened, self.side, self.crop or _WHOLE)

    def draw(self, opened: Opened, size: tuple[int, int]) -> Picture:
        """Decode; `size` is the stored picture's, in pixels, before `draft` made it smaller."""
        picture = _draw(opened, size, self.side, (self.crop or _WHOLE,))
        return picture._replace(pixels=picture.pixels[0])


class Parts(NamedTuple):
    """What is wanted of a picture: each of its `REGIONS` as a `Square` has it."""

    side: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the pixels."""
        return len(REGIONS), self.side, self.side, 3

    def draft(self, opened: Opened) -> None:
        """As `Square.draft`, with pixels enough for the smallest part."""
        smallest = min(REGIONS, key=lambda region: region.width * region.height)
        _draft(opened, self.side, smallest)

    def draw(self, opened: Opened, size: tuple[int, int]) -> Picture:
        """As `Square.draw`, all parts."""
        return _draw(opened, size, self.side, REGIONS)


def _draft(opened: Opened, side: int, crop: Crop) -> None:
    if opened.format == "jpeg":
        wanted = _DRAFT_MARGIN * side
        size = (round(wanted / crop.width), round(wanted / crop.height))
        opened.image.draft(opened.image.mode, size)


def _draw(opened: Opened, size: tuple[int, int], side: int, crops: Sequence[Crop]) -> Picture:
    image = opened.image
    image.load()
    orientation = orientation_of(image)
    turn = UPRIGHT.get(orientation)
    squares = []
    for crop in crops:
        box = _stored_box(crop, orientation, image.width, image.height)
        small = resize_to_rgb(image, box, side)
        # The square is turned instead of the picture: stretching to a square commutes with it.
        squares.append(small if turn is None else small.transpose(turn))  # a flip is transpose 0
    width, height = reversed(size) if orientation in SIDEWAYS else size
    pixels = np.stack([np.asarray(square) for square in squares])
    return Picture(pixels, width, height, opened.format, facts_of(opened))


def _stored_box(
    crop: Crop, orientation: int, width: int, height: int
) -> tuple[float, float, float, float]:
    """The crop of the upright picture as left, top, right, bottom of the stored one, in pixels."""
    left, top = crop.x, crop.y
    right, bottom = min(1.0, crop.x + crop.width), min(1.0, crop.y + crop.height)
    if orientation in SIDEWAYS:
        left, top, right, bottom = top, left, bottom, right
    # Now the axes are the stored ones; what remains is whether each runs backwards.
    if orientation in (2, 3, 7, 8):
        left, right = 1 - right, 1 - left
    if orientation in (3, 4, 6, 7):
        top, bottom = 1 - bottom, 1 - top
    left, top = min(left * width, width - 1e-3), min(top * height, height - 1e-3)
    return left, top, max(right * width, left + 1e-3), max(bottom * height, top + 1e-3)
