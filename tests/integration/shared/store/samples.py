"""Sample rows and vectors."""

from typing import Any

import numpy as np
import numpy.typing as npt

from shared.domain.fingerprint import DIMENSION
from shared.domain.image import ImageRow, image_id

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
