"""Writes collections of milvus-lite without its server, which takes minutes for a million rows."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from milvus_lite.db import MilvusLite as Database
from milvus_lite.engine.operation import InsertOp
from numpy.typing import NDArray

from deploy.local.embedded_milvus.server import install
from shared.domain.collection import IndexSpec
from shared.domain.fingerprint import DIMENSION, Pooling
from shared.domain.image import ImageRow
from shared.settings import Settings
from shared.store import Collections, MilvusConnection
from shared.store.rows import Row, row_fields
from tests.benchmarks.corpus import row
from tests.services import MilvusLite

#: Unit vectors, float32 (n, 512).
Vectors = NDArray[np.float32]

#: Rows of a segment once its collection has been merged, as milvus-lite limits them.
_SEGMENT = 100_000
_BATCH = 5000


def random_vectors(count: int) -> Iterator[Vectors]:
    """`count` random unit vectors, in batches."""
    dice = np.random.default_rng(0)
    for first in range(0, count, _BATCH):
        size = min(_BATCH, count - first)
        vectors = dice.standard_normal((size, DIMENSION), dtype=np.float32)
        yield vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _plain_row(index: int) -> ImageRow:
    return row(0, index)


def write(
    folder: Path,
    collection: str,
    batches: Iterable[Vectors],
    *,
    weights: str = "untrained-0",
    pooling: Pooling = "avg",
    make_row: Callable[[int], ImageRow] = _plain_row,
    index: IndexSpec | None = None,
) -> float:
    """Write a row for each vector, sealed and indexed; the seconds that it took.

    Row n is `make_row(n)`, by default `corpus.row(0, n)`. Batches whose sizes divide 100,000 make
    the segments that a collection has once it is merged.
    """
    service = MilvusLite(folder)
    settings = Settings(milvus_uri=service.uri, data_dir=folder)
    if index is not None:
        chosen = {"index_type": index.type, "index_params": index.params}
        settings = settings.model_copy(update=chosen)
    connection = MilvusConnection(settings)
    Collections(connection, settings).ensure(collection, weights=weights, pooling=pooling)
    connection.close()
    service.stop()
    started = time.perf_counter()
    install()
    with Database(str(folder / "data")) as database:
        opened = database.get_collection(collection)
        opened.load()
        # Flushed and indexed here, where it is known when a segment is full.
        opened._should_flush = lambda: False
        opened._schedule_bg_maintenance = lambda: None
        (partition,) = set(opened.list_partitions()) - {"_default"}
        written = 0
        for vectors in batches:
            rows = [row_fields(make_row(written + n)) for n in range(len(vectors))]
            batch = _record_batch(opened, partition, rows, vectors)
            opened._apply(InsertOp(partition=partition, batch=batch))
            written += len(vectors)
            if written % _SEGMENT == 0:
                _seal(opened)
        if written % _SEGMENT:
            _seal(opened)
    return time.perf_counter() - started


def _seal(collection: Any) -> None:
    collection._trigger_flush()
    collection._ensure_loaded_segments_indexed()


def _record_batch(
    collection: Any, partition: str, rows: Sequence[Row], vectors: Vectors
) -> pa.RecordBatch:
    size, schema = len(vectors), collection._wal_data_schema
    known: dict[str, Any] = {
        "_seq": range(collection._next_seq, collection._next_seq + size),
        "_partition": [partition] * size,
        "metadata": [json.dumps(fields["metadata"]) for fields in rows],
    }
    collection._next_seq += size
    columns = [
        pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), DIMENSION)
        if field.name == "vector"
        else pa.array(known.get(field.name, [r.get(field.name) for r in rows]), type=field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
