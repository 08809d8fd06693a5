"""The data of the benchmarks: folders of pictures, and collections of random rows."""

import hashlib
import os
import shutil
import time
from pathlib import Path

import numpy as np

from shared.domain.fingerprint import DIMENSION
from shared.domain.image import ImageRow, image_id
from shared.store import ImageWriter
from tests.conftest import test_data
from tests.drawn import draw_files

_BATCH = 500


def photos(folder: Path, count: int) -> list[Path]:
    """Put `count` pictures under `folder`: real ones, again under new names when they run out."""
    data = test_data()
    if data is None:
        return draw_files(folder, count)
    found = sorted((data / "clothing").rglob("*.jpg"))
    paths = []
    for index in range(count):
        source = found[index % len(found)]
        path = folder / source.parent.name / f"{index // len(found)}-{source.name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)
        paths.append(path)
    return paths


def scene_photos() -> list[Path]:
    """Real photos of two scenes, each stored under every EXIF orientation; none without them."""
    data = test_data()
    return sorted((data / "exif-orientation").glob("*.jpg")) if data else []


def source_of_photos() -> str:
    """How a report names the pictures."""
    return "clothing photos" if test_data() else "drawn pictures"


def fill(writer: ImageWriter, collection: str, count: int, seed: int = 0) -> None:
    """Write `count` rows with random unit vectors: what search costs does not depend on more."""
    dice = np.random.default_rng(seed)
    for first in range(0, count, _BATCH):
        size = min(_BATCH, count - first)
        vectors = dice.standard_normal((size, DIMENSION), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        writer.upsert(collection, [row(seed, first + n) for n in range(size)], vectors)


def sparse_tree(folder: Path, count: int, per_folder: int = 1000) -> None:
    """Make `count` tiny files that look like JPEG pictures, `per_folder` to a folder."""
    head = b"\xff\xd8\xff\xe0" + bytes(60)
    for first in range(0, count, per_folder):
        part = folder / f"{first // per_folder:05}"
        part.mkdir(parents=True, exist_ok=True)
        for index in range(first, min(first + per_folder, count)):
            descriptor = os.open(part / f"{index:08}.jpg", os.O_WRONLY | os.O_CREAT, 0o644)
            os.write(descriptor, head)
            os.close(descriptor)


def row(seed: int, index: int) -> ImageRow:
    """A row whose picture does not exist; every second one is tagged `even`."""
    uri = f"file:///made-up/{seed}/{index % 100:02}/{index:08}.jpg"
    return ImageRow(
        id=image_id(uri),
        uri=uri,
        sha256=hashlib.sha256(uri.encode()).hexdigest(),
        width=640,
        height=480,
        bytes=50_000,
        mtime_ns=index,
        format="jpeg",
        added_at=int(time.time() * 1e6),
        job="0" * 32,
        tags=("even",) if index % 2 == 0 else (),
        metadata={},
    )


def number_of(stored: ImageRow) -> int:
    """The index that `row` made a row of."""
    return stored.mtime_ns
