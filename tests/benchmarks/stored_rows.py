"""Writes collections of milvus-lite without its server, which takes minutes for a million rows."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from milvus_lite.db import MilvusLite as Database
from milvus_lite.engine.operation import InsertOp

from deploy.local.embedded_milvus.server import install
from shared.domain.fingerprint import DIMENSION
from shared.settings import Settings
from shared.store import Collections, MilvusConnection
from shared.store.rows import row_fields
from tests.benchmarks.corpus import row
from tests.services import MilvusLite

#: Rows of a segment once its collection has been merged, as milvus-lite limits them.
_SEGMENT = 100_000
_BATCH = 5000


def write(folder: Path, collection: str, count: int, weights: str = "untrained-0") -> float:
    """Write `count` rows of random unit vectors, indexed; the seconds that it took.

    `weights` is what the fingerprints are said to be made with.
    """
    service = MilvusLite(folder)
    settings = Settings(milvus_uri=service.uri, data_dir=folder)
    connection = MilvusConnection(settings)
    Collections(connection, settings).ensure(collection, weights=weights, pooling="avg")
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
        for written, batch in _batches(opened, partition, count):
            opened._apply(InsertOp(partition=partition, batch=batch))
            if written % _SEGMENT == 0 or written == count:
                opened._trigger_flush()
                opened._ensure_loaded_segments_indexed()
    return time.perf_counter() - started


def _batches(collection: Any, partition: str, count: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    dice = np.random.default_rng(0)
    schema = collection._wal_data_schema
    for first in range(0, count, _BATCH):
        size = min(_BATCH, count - first)
        rows = [row_fields(row(0, first + n)) for n in range(size)]
        vectors = dice.standard_normal((size, DIMENSION), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
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
        yield first + size, pa.RecordBatch.from_arrays(columns, schema=schema)
