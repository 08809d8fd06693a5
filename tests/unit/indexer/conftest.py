"""Collections to test on, and rows to put into them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from indexer.collections import Collections
from indexer.images import Images
from indexer.rows import ImageRow, IndexSpec
from indexer.write import Writer
from shared.fingerprint import DIMENSION
from shared.names import image_id
from shared.settings import Settings

Vectors = npt.NDArray[np.float32]


def make_row(index: int, **changes: Any) -> ImageRow:
    """A row whose every field depends on `index`."""
    uri = changes.pop("uri", f"file:///photos/{index % 3}/{index}.jpg")
    fields: dict[str, Any] = {
        "id": image_id(uri),
        "uri": uri,
        "sha256": f"{index:064x}",
        "width": 640,
        "height": 480,
        "bytes": 1000 + index,
        "mtime_ns": 1_700_000_000_000_000_000 + index,
        "format": "jpeg",
        "added_at": 1_700_000_000_000_000 + index,
        "job": "j1",
        "tags": ("even",) if index % 2 == 0 else (),
        "metadata": {"index": index},
    }
    return ImageRow(**{**fields, **changes})


def make_vectors(count: int, seed: int = 0) -> Vectors:
    """Random unit vectors, float32 of shape (count, 512)."""
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    scaled: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


@pytest.fixture
def collections(settings: Settings) -> Iterator[Collections]:
    opened = Collections(settings)
    yield opened
    opened.close()


@pytest.fixture
def images(settings: Settings) -> Iterator[Images]:
    opened = Images(settings)
    yield opened
    opened.close()


@pytest.fixture
def writer(settings: Settings) -> Iterator[Writer]:
    opened = Writer(settings)
    yield opened
    opened.close()


@pytest.fixture
def empty(collections: Collections, collection: str) -> Iterator[str]:
    """A new, empty collection with a FLAT index, so that searches are exact."""
    collections.create(
        collection, weights="untrained-1", pooling="avg", index=IndexSpec(type="FLAT")
    )
    yield collection
    collections.drop(collection)


Fill = Callable[[Sequence[ImageRow]], Vectors]


@pytest.fixture
def fill(writer: Writer, empty: str) -> Fill:
    """Write rows into the empty collection, with random vectors, which it returns."""

    def write(rows: Sequence[ImageRow]) -> Vectors:
        vectors = make_vectors(len(rows))
        writer.upsert(empty, rows, vectors)
        return vectors

    return write
