"""Pictures that the tests draw: different for each index, and the same on every machine."""

import random
from pathlib import Path

from PIL import Image, ImageDraw

SIZE = (320, 240)
#: The least that counts as a JPEG by its first bytes.
JPEG = b"\xff\xd8\xff\xe0" + bytes(60)


def draw(index: int, size: tuple[int, int] = SIZE) -> Image.Image:
    """A picture of coloured shapes on a gradient, unlike those of other indexes."""
    dice = random.Random(index)
    width, height = size
    start, end = (tuple(dice.randrange(256) for _ in range(3)) for _ in range(2))
    picture = Image.new("RGB", size)
    canvas = ImageDraw.Draw(picture)
    for y in range(height):
        mix = y / height
        canvas.line(
            [(0, y), (width, y)],
            fill=tuple(round(a + (b - a) * mix) for a, b in zip(start, end, strict=True)),
        )
    for _ in range(dice.randrange(4, 12)):
        x, y = dice.randrange(width), dice.randrange(height)
        box = (x, y, x + dice.randrange(10, width // 2), y + dice.randrange(10, height // 2))
        colour = tuple(dice.randrange(256) for _ in range(3))
        dice.choice([canvas.rectangle, canvas.ellipse])(box, fill=colour)
    return picture


def draw_files(folder: Path, count: int, first: int = 0) -> list[Path]:
    """Write `count` drawn JPEG files into `folder`, some of them in sub-folders."""
    paths = []
    for index in range(first, first + count):
        path = folder / f"group{index % 5}" / f"{index:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        draw(index).save(path, quality=90)
        paths.append(path)
    return paths
