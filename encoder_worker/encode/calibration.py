"""The pictures that int8 is calibrated on: the user's own, or drawn ones like natural scenes."""

import itertools
import os
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from encoder_worker.decode.decoder import decode
from encoder_worker.model.vgg16 import SIDE
from shared.errors import PictureError

#: NNCF's own default, and OpenVINO's advice: about 300 samples
#: (https://docs.openvino.ai, "Basic Quantization Flow").
SAMPLES = 300
#: Pictures taken from one folder, so that the first one does not speak for all.
_PER_FOLDER = 100
#: Discs that bury each other until no ground is left to see.
_LEAVES = 400
#: Radii fall off with their cube, from a few pixels to half the square: what makes the picture
#: scale-free, as natural ones are (Lee, Mumford and Huang, Occlusion Models for Natural Images,
#: IJCV 41, 2001, section 3).
_SMALLEST, _LARGEST = 3.0, 112.0


def own_pictures(folder: Path, max_pixels: int) -> Iterator[NDArray[np.uint8]]:
    """Up to `SAMPLES` pictures from under `folder`, uint8 (224, 224, 3); unsound ones left out."""
    return itertools.islice(_decoded(folder, max_pixels), SAMPLES)


def drawn_pictures() -> Iterator[NDArray[np.uint8]]:
    """`SAMPLES` pictures by the dead leaves model, the same on every machine."""
    return map(_dead_leaves, range(SAMPLES))


def _decoded(folder: Path, max_pixels: int) -> Iterator[NDArray[np.uint8]]:
    dice = random.Random(0)  # noqa: S311 - a sample, not a secret
    for parent, folders, names in os.walk(folder):
        folders.sort()
        dice.shuffle(folders)
        chosen = sorted(names)
        dice.shuffle(chosen)
        paths = (Path(parent, name) for name in chosen)
        yield from itertools.islice(_sound(paths, max_pixels), _PER_FOLDER)


def _sound(paths: Iterable[Path], max_pixels: int) -> Iterator[NDArray[np.uint8]]:
    for path in paths:
        try:
            pixels = decode(path.read_bytes(), max_pixels).pixels
        except (PictureError, OSError):
            continue
        yield pixels


def _dead_leaves(index: int) -> NDArray[np.uint8]:
    dice = random.Random(index)  # noqa: S311 - a drawing, not a secret
    picture = Image.new("RGB", (SIDE, SIDE))
    canvas = ImageDraw.Draw(picture)
    # Each picture has a mood: a main colour that its leaves vary, more or less.
    mood = [dice.uniform(40, 215) for _ in range(3)]
    spread = dice.uniform(15, 90)
    for _ in range(_LEAVES):
        radius = _radius(dice.random())
        x, y = dice.uniform(0, SIDE), dice.uniform(0, SIDE)
        light = dice.gauss(0, spread)
        colour = tuple(_byte(part + light + dice.gauss(0, spread / 3)) for part in mood)
        canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    # Cameras and JPEG leave no edge as sharp as a drawn one.
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(dice.uniform(0, 1.5))))


def _radius(share: float) -> float:
    """Inverse of the distribution function of a density that falls with the radius's cube."""
    low, high = _SMALLEST**-2, _LARGEST**-2
    return float((low - share * (low - high)) ** -0.5)


def _byte(value: float) -> int:
    return int(min(255.0, max(0.0, value)))
