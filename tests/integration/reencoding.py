"""Re-encodings of a folder of pictures, for tests."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from shared.domain.collection import IndexSpec
from shared.domain.job import ReencodingSource
from shared.store import Images, ImageWriter, MilvusConnection
from tests.integration.library import Library

NAMES = [f"{n}.png" for n in range(7)]
HNSW = IndexSpec(type="HNSW", params={"M": 16, "efConstruction": 200})
RMAC = ReencodingSource(pooling="rmac", index=HNSW)


def vectors(library: Library, collection: str | None = None) -> dict[str, Any]:
    """The vectors that are searched, by id."""
    # Stores of their own know nothing of the time before.
    library.images = Images(library.indexing.milvus)
    writer = ImageWriter(library.indexing.milvus)
    ids = [row.id for row in library.rows().values()]
    found = writer.stored(collection or library.collection, ids)
    return {image: np.asarray(each.vector, np.float32) for image, each in found.items()}


def assert_close(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
    assert ours.keys() == theirs.keys()
    for image, vector in ours.items():
        assert np.allclose(vector, theirs[image], atol=1e-5), image


def loaded_anew(library: Library, others: list[str]) -> dict[str, Any]:
    """The vectors of the folder in a collection that was created with rmac."""
    others.append(name := f"{library.collection}_anew")
    weights = library.encoding.encoder.weights
    library.encoding.collections.create(name, weights=weights, pooling="rmac")
    library.finish(library.indexing.job(collection=name))
    return vectors(library, name)


def work(library: Library, job: str, chunks: Sequence[str] | None = None) -> None:
    worker = library.encoding.worker()
    for chunk in library.indexing.pending(job) if chunks is None else chunks:
        worker.work(job, chunk)


def begun(library: Library, source: ReencodingSource = RMAC) -> str:
    """A re-encoding whose images are all in chunks, and none is encoded."""
    job = library.indexing.job(source=source)
    library.indexing.indexer().scan(job)
    assert len(library.indexing.pending(job)) == 3
    return job


def all_homes(connection: MilvusConnection) -> set[str]:
    return set(connection.run(lambda client: client.list_collections()))
