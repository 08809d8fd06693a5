"""Small collections of milvus-lite in this process, and a model of what they hold."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from milvus_lite.engine.collection import Collection
from milvus_lite.schema.types import CollectionSchema, DataType, FieldSchema

DIMENSION = 8
#: Where the rows are, as those of one generation of a collection are.
PARTITION = "g1"
#: Small enough that a history of some dozen writes flushes and merges.
LIMITS = {
    "milvus_lite.engine.collection.MEMTABLE_MEMORY_LIMIT": 20_000,
    "milvus_lite.engine.compaction.MAX_SEGMENT_ROWS": 60,
    "milvus_lite.engine.compaction.COMPACTION_BUCKET_BOUNDARIES": [20_000, 60_000, 100_000],
    "deploy.local.embedded_milvus.compaction.MAX_SEGMENT_ROWS": 60,
}

Record = dict[str, Any]


def schema() -> CollectionSchema:
    """The kinds of fields that Lookalike's collections have."""
    return CollectionSchema(
        fields=[
            FieldSchema("id", DataType.VARCHAR, is_primary=True, max_length=32),
            FieldSchema("number", DataType.INT64),
            FieldSchema("uri", DataType.VARCHAR, max_length=100),
            FieldSchema(
                "tags",
                DataType.ARRAY,
                element_type=DataType.VARCHAR,
                max_capacity=8,
                max_length=16,
            ),
            FieldSchema("metadata", DataType.JSON),
            FieldSchema("vector", DataType.FLOAT_VECTOR, dim=DIMENSION),
        ]
    )


def record(name: int, dice: np.random.Generator) -> Record:
    """A row of a primary key of its own."""
    return {
        "id": f"{name:04}",
        "number": int(dice.integers(50)),
        "uri": f"file:///{name}",
        "tags": [tag for tag in "abc" if dice.random() < 0.4],
        "metadata": {"a": int(dice.integers(5))},
        "vector": dice.standard_normal(DIMENSION).astype(np.float32).tolist(),
    }


def opened(kind: type[Collection], folder: Path, index: str = "HNSW") -> Any:
    """The collection in a folder, created if there is none, and loaded."""
    collection = kind("c", str(folder), schema())
    if not collection.has_index("vector"):
        parameters = {"index_type": index, "metric_type": "COSINE", "params": {}}
        collection.create_index("vector", parameters)
    if not collection.has_partition(PARTITION):
        collection.create_partition(PARTITION)
    collection.load()
    return collection


def killed(collection: Any, folder: Path, *, in_flush: bool) -> None:
    """Leave a folder as a kill would; `in_flush`, between a flush's commit and its log's end."""
    collection._wait_for_bg()
    kept = folder.with_name("kept")
    logs = folder.with_name("logs")
    shutil.copytree(folder / "wal", logs)
    if in_flush:
        collection.flush()
        collection._wait_for_bg()
    shutil.copytree(folder, kept)
    collection.close()
    shutil.rmtree(folder)
    kept.rename(folder)
    for log in logs.iterdir():
        if not (folder / "wal" / log.name).exists():
            shutil.copy(log, folder / "wal" / log.name)
    shutil.rmtree(logs)


def nearest(rows: Sequence[Record], query: Sequence[float], count: int) -> list[str]:
    """The ids of the rows with the largest cosine."""
    if not rows:
        return []
    vectors = np.array([row["vector"] for row in rows])
    cosines = vectors @ np.asarray(query) / np.linalg.norm(vectors, axis=1)
    return [rows[place]["id"] for place in np.argsort(-cosines)[:count]]
