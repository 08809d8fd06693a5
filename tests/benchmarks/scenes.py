"""Drawn scenes, each seen from several places in other light: the same scene, other pixels."""

import random
from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

SCENES, VIEWS = 60, 4
_WIDTH, _HEIGHT = 480, 360
_THINGS = 40
_NOISE = 8.0


class _Thing(NamedTuple):
    x: float
    y: float
    size: float
    depth: float
    colour: tuple[int, ...]
    shape: str


def drawn_scenes() -> Iterator[tuple[str, bytes]]:
    """The scene's name and the JPEG of one view of it; what is nearer moves further."""
    for scene in range(SCENES):
        dice = random.Random(1000 + scene)
        things = sorted((_thing(dice) for _ in range(_THINGS)), key=lambda thing: -thing.depth)
        sky, ground = _colour(dice), _colour(dice)
        for view in range(VIEWS):
            yield f"scene {scene}", _seen(things, sky, ground, random.Random(scene * 100 + view))


def _thing(dice: random.Random) -> _Thing:
    return _Thing(
        x=dice.uniform(-0.3, 1.3),
        y=dice.uniform(-0.1, 1.1),
        size=dice.uniform(0.03, 0.25),
        depth=dice.uniform(1, 4),
        colour=_colour(dice),
        shape=dice.choice(["disc", "box", "cone"]),
    )


def _colour(dice: random.Random) -> tuple[int, ...]:
    return tuple(dice.randint(0, 255) for _ in range(3))


def _seen(
    things: list[_Thing], sky: tuple[int, ...], ground: tuple[int, ...], dice: random.Random
) -> bytes:
    across, up = dice.uniform(-0.35, 0.35), dice.uniform(-0.1, 0.1)
    zoom, light = dice.uniform(0.85, 1.2), dice.uniform(0.6, 1.35)
    picture = Image.new("RGB", (_WIDTH, _HEIGHT), sky)
    canvas = ImageDraw.Draw(picture)
    canvas.rectangle((0, (0.5 + up / 4) * _HEIGHT, _WIDTH, _HEIGHT), fill=ground)
    for thing in things:
        x = ((thing.x + across / thing.depth - 0.5) * zoom + 0.5) * _WIDTH
        y = ((thing.y + up / thing.depth - 0.5) * zoom + 0.5) * _HEIGHT
        size = thing.size * _WIDTH * zoom / thing.depth**0.5
        if thing.shape == "disc":
            canvas.ellipse((x - size, y - size, x + size, y + size), fill=thing.colour)
        elif thing.shape == "box":
            canvas.rectangle((x - size, y - size / 2, x + size, y + size / 2), fill=thing.colour)
        else:
            corners = [(x, y - size), (x - size, y + size), (x + size, y + size)]
            canvas.polygon(corners, fill=thing.colour)
    noise = np.random.default_rng(dice.randrange(2**32)).normal(0, _NOISE, (_HEIGHT, _WIDTH, 3))
    pixels = (np.asarray(picture) * light + noise).clip(0, 255).astype(np.uint8)
    out = BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=88)
    return out.getvalue()
