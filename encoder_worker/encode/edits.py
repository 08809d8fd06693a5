"""A photo edited in the ways of INRIA's Copydays set: recompressed, cropped, framed, recoloured.

And details of it, as searches of collections with regions are made by.

Jégou, Douze and Schmid, Hamming Embedding and Weak Geometric Consistency, ECCV 2008, section 5.1:
JPEG qualities 75 to 3 on a picture of a sixteenth of the pixels, crops of 10 to 80 %, and strong
edits. Every edit takes an upright RGB picture and its own dice and gives a JPEG file.
"""

import random
from collections.abc import Callable
from io import BytesIO

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

Edit = Callable[[Image.Image, random.Random], Image.Image]

_QUALITY = 92
#: Of a picture's area, and the detail's width over its height, in shares of the picture's.
_DETAIL_AREA, _DETAIL_SHAPE = (0.10, 0.25), (0.75, 1.333)
_DETAIL_QUALITY = 85


def edited(picture: Image.Image, name: str, seed: str) -> bytes:
    """The file that the edit of this name makes of a picture, the same for every call."""
    made = EDITS[name](picture, random.Random(seed + name))  # noqa: S311 - dice, no secret
    quality = int(name.removeprefix("jpeg ")) if name.startswith("jpeg ") else _QUALITY
    out = BytesIO()
    made.save(out, "JPEG", quality=quality)
    return out.getvalue()


def detail_of(picture: Image.Image, seed: str) -> tuple[bytes, float]:
    """A JPEG file of 10 to 25 % of a picture's area, anywhere in it, and its share of the area.

    The same for every call.
    """
    dice = random.Random(seed)  # noqa: S311 - dice, no secret
    area, shape = dice.uniform(*_DETAIL_AREA), dice.uniform(*_DETAIL_SHAPE)
    width = min(1.0, (area * shape) ** 0.5)
    height = area / width
    left, top = dice.uniform(0, 1 - width), dice.uniform(0, 1 - height)
    x, y = picture.size
    box = (left * x, top * y, (left + width) * x, (top + height) * y)
    out = BytesIO()
    picture.crop((round(box[0]), round(box[1]), round(box[2]), round(box[3]))).save(
        out, "JPEG", quality=_DETAIL_QUALITY
    )
    return out.getvalue(), area


def _quarter_size(picture: Image.Image, _: random.Random) -> Image.Image:
    return picture.resize((max(1, picture.width // 4), max(1, picture.height // 4)))


def _unchanged(picture: Image.Image, _: random.Random) -> Image.Image:
    return picture


def _crop(share: float) -> Edit:
    """Take away `share` of the area, the rest anywhere in the picture."""
    side = (1 - share) ** 0.5

    def crop(picture: Image.Image, dice: random.Random) -> Image.Image:
        width, height = int(picture.width * side), int(picture.height * side)
        left = dice.randint(0, picture.width - width)
        top = dice.randint(0, picture.height - height)
        return picture.crop((left, top, left + width, top + height))

    return crop


def _frame(colour: str) -> Edit:
    """A border of a fifth of the width on every side."""
    return lambda picture, _: ImageOps.expand(picture, picture.width // 5, colour)


def _text(picture: Image.Image, dice: random.Random) -> Image.Image:
    """Four bars of text across two thirds of the width."""
    made = picture.copy()
    canvas = ImageDraw.Draw(made)
    width, height = made.size
    for _ in range(4):
        top = dice.uniform(0.05, 0.9) * height
        canvas.rectangle((width * 0.16, top, width * 0.84, top + height * 0.05), fill="white")
        size = max(8.0, height * 0.04)
        canvas.text((width * 0.2, top), "LOREM IPSUM DOLOR SIT AMET", fill="black", font_size=size)
    return made


EDITS: dict[str, Edit] = {
    "jpeg 75": _unchanged,
    "jpeg 30": _quarter_size,
    "jpeg 15": _quarter_size,
    "jpeg 8": _quarter_size,
    "jpeg 3": _quarter_size,
    "crop 10 %": _crop(0.1),
    "crop 30 %": _crop(0.3),
    "crop 50 %": _crop(0.5),
    "crop 80 %": _crop(0.8),
    "black frame": _frame("black"),
    "white frame": _frame("white"),
    "text": _text,
    "flip": lambda picture, _: ImageOps.mirror(picture),
    "turn by 90": lambda picture, _: picture.transpose(Image.Transpose.ROTATE_90),
    "turn by 10": lambda picture, _: picture.rotate(10, Image.Resampling.BILINEAR),
    "grey": lambda picture, _: picture.convert("L").convert("RGB"),
    "brighter": lambda picture, _: ImageEnhance.Brightness(picture).enhance(1.6),
    "blur": lambda picture, _: picture.filter(ImageFilter.GaussianBlur(picture.width / 80)),
}
