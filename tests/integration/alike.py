"""Collections of images whose likeness is known: angles on a plane for each picture."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from shared.domain.collection import IndexSpec
from shared.domain.fingerprint import DIMENSION, Pooling
from shared.domain.image import ImageRow
from shared.store import Collections, ImageWriter
from tests.integration.shared.store.samples import Vectors, make_row

#: Weights that have match curves, and a pooling: copies are within 27 degrees, similar within 36.
WEIGHTS = "imagenet-4a1ffb70"
POOLING: Pooling = "rmac"


class Likeness(NamedTuple):
    """An image: of which picture, turned by how many degrees, with which bytes."""

    picture: int
    degrees: float
    content: str


@contextmanager
def collection_of_curves(collections: Collections, name: str) -> Iterator[str]:
    """A new, empty collection of the bundled weights; searches are exact."""
    index = IndexSpec(type="FLAT")
    collections.create(name, weights=WEIGHTS, pooling=POOLING, index=index)
    yield name
    collections.drop(name)


def write_alike(
    writer: ImageWriter, collection: str, images: Iterable[Likeness], first: int = 0
) -> list[ImageRow]:
    """Write images; returns their rows in the same order, numbered from `first` on."""
    images = list(images)
    rows = [
        make_row(first + n, sha256=hashlib.sha256(image.content.encode()).hexdigest())
        for n, image in enumerate(images)
    ]
    writer.upsert(collection, rows, vectors_of(images))
    return rows


def vectors_of(images: Sequence[Likeness]) -> Vectors:
    """Unit vectors: those of different pictures are at right angles, up to 256 pictures."""
    vectors = np.zeros((len(images), DIMENSION), np.float32)
    for row, image in zip(vectors, images, strict=True):
        angle = np.radians(image.degrees)
        row[2 * image.picture], row[2 * image.picture + 1] = np.cos(angle), np.sin(angle)
    return vectors


def copies(picture: int, *degrees: float) -> list[Likeness]:
    """Images of one picture with different bytes."""
    return [Likeness(picture, angle, f"{picture} at {angle}") for angle in degrees]
