"""A re-encoding killed before and after calls that change a store: the next process is exact."""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from indexer.scan import reencoding
from shared.domain.collection import IndexSpec
from shared.domain.fingerprint import Pooling
from shared.domain.job import ReencodingSource
from shared.ledger import scripts
from shared.store import Editions, Images, ImageWriter
from tests.crash_points import CrashPoints, Doomed, Point
from tests.integration.conftest import OpenLibrary
from tests.integration.library import Library
from tests.integration.processes import System

HNSW = IndexSpec(type="HNSW", params={"M": 16, "efConstruction": 200})
#: All of them take minutes: LOOKALIKE_TEST_ALL_POINTS=1.
SOME = {
    "indexer": ("after scan: milvus alter_collection_properties", "before scan: finish_scan 1"),
    "encoder": ("after encoder: milvus upsert 1", "before encoder: complete_chunk 1"),
}


@pytest.fixture
def points() -> Iterator[CrashPoints]:
    made = CrashPoints()
    with made.installed():
        yield made


@pytest.fixture
def library(open_library: OpenLibrary, monkeypatch: pytest.MonkeyPatch) -> Library:
    """Five pictures under avg, in two chunks."""
    monkeypatch.setattr(reencoding, "KNOWN_SECONDS", 0.0)
    monkeypatch.setattr(reencoding, "_MARGIN_SECONDS", 0.0)
    opened = open_library()
    for index in range(5):
        opened.write(f"{index}.png", index)
    opened.load()
    for name, text in vars(scripts).items():
        if name.isupper() and isinstance(text, str):
            opened.redis.script_load(text)
    return opened


@pytest.mark.parametrize("part", ["indexer", "encoder"])
@pytest.mark.timeout(900)
def test_killed(library: Library, points: CrashPoints, part: str) -> None:
    system = System(library, points)
    collections = library.encoding.collections
    editions = Editions(library.indexing.milvus, collections)
    vectors = {"avg": _vectors(library)}
    rows = library.rows()

    def reencode(point: Point | None) -> Doomed:
        before = collections.identity(library.collection).pooling
        pooling: Pooling = "rmac" if before == "avg" else "avg"
        source = ReencodingSource(pooling=pooling, index=HNSW)
        doomed, other = Doomed(point), Doomed(None)
        indexer, encoder = (doomed, other) if part == "indexer" else (other, doomed)
        job = system.load(indexer, encoder, source=source)
        told = str(point)
        assert (job.status, job.total, job.indexed) == ("done", 5, 5), (told, job)
        info = collections.get(library.collection)
        assert (info.pooling, info.next, info.count) == (pooling, None, 5), told
        found = _vectors(library)
        assert library.rows() == rows, told
        for image, vector in vectors.setdefault(pooling, found).items():
            assert np.allclose(found[image], vector, atol=1e-5), told
        editions.drop(library.collection)
        return doomed

    made = [point for point in reencode(None).points() if _is_chosen(point, part)]
    for point in made:
        assert reencode(point).dead.is_set(), point
    assert len(made) >= 2


def _is_chosen(point: Point, part: str) -> bool:
    if os.environ.get("LOOKALIKE_TEST_ALL_POINTS"):
        # Recovery makes the same calls in every round.
        return point.number == 1 or not point.call.startswith("recovery")
    return str(point).startswith(SOME[part])


def _vectors(library: Library) -> dict[str, Any]:
    # Stores of their own know nothing of the time before.
    library.images = Images(library.indexing.milvus)
    writer = ImageWriter(library.indexing.milvus)
    found = writer.stored(library.collection, [row.id for row in library.rows().values()])
    return {image: np.asarray(each.vector, np.float32) for image, each in found.items()}
