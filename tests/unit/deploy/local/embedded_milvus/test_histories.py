"""Random histories of writes, flushes, restarts and kills: reads find what a dictionary finds."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from milvus_lite.engine.collection import Collection

from deploy.local.embedded_milvus.collection import FastCollection
from tests.unit.deploy.local.embedded_milvus.library import (
    DIMENSION,
    PARTITION,
    Record,
    killed,
    nearest,
    opened,
    record,
)

NAMES = 120
STEPS = 40
OPERATIONS = (*["upsert"] * 5, *["delete"] * 2, "flush", "restart", "kill", "kill in flush")


class History:
    """One collection, its model, and the random writes to both."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._dice = np.random.default_rng(seed)
        self.index = ("HNSW", "FLAT", "IVF_FLAT")[seed % 3]
        self.collection = opened(FastCollection, folder, self.index)
        self.model: dict[str, Record] = {}

    def step(self) -> str:
        """Do something at random; returns what."""
        operation = str(self._dice.choice(OPERATIONS))
        names = self._dice.choice(NAMES, int(self._dice.integers(1, 20)), replace=False)
        if operation == "upsert":
            records = [record(int(name), self._dice) for name in names]
            self.collection.upsert([dict(row) for row in records], partition_name=PARTITION)
            self.model |= {row["id"]: row for row in records}
        elif operation == "delete":
            ids = [f"{name:04}" for name in names]
            self.collection.delete(ids, partition_name=PARTITION)
            for image in ids:
                self.model.pop(image, None)
        elif operation == "flush":
            self.collection.flush()
        else:
            if operation == "restart":
                self.collection.close()
            else:
                killed(self.collection, self._folder, in_flush=operation == "kill in flush")
            self.collection = opened(FastCollection, self._folder)
        return operation

    def check(self) -> None:
        """Every kind of read against the model, and a search against milvus-lite's own."""
        least = int(self._dice.integers(50))
        for expression, rows in (
            (None, list(self.model.values())),
            (f"number >= {least}", [r for r in self.model.values() if r["number"] >= least]),
            ('array_contains(tags, "a")', [r for r in self.model.values() if "a" in r["tags"]]),
        ):
            self._check(expression, rows)
        wanted = [f"{name:04}" for name in self._dice.choice(NAMES, 10, replace=False)]
        found = self.collection.get(wanted, output_fields=["number", "vector"])
        known = [self.model[image] for image in wanted if image in self.model]
        assert [row["id"] for row in found] == [row["id"] for row in known]
        assert [row["number"] for row in found] == [row["number"] for row in known]
        assert [row["vector"] for row in found] == [row["vector"] for row in known]

    def _check(self, expression: str | None, rows: list[Record]) -> None:
        collection, ids = self.collection, sorted(row["id"] for row in rows)
        assert collection.count_matching(expression) == len(rows)
        if expression is None:
            assert collection.num_entities == len(rows)
        whole = collection.query(expression, output_fields=["id", "tags"])
        assert {r["id"]: r["tags"] for r in whole} == {r["id"]: r["tags"] for r in rows}
        page = collection.query(
            expression, output_fields=["id"], limit=7, offset=3, order_by_pk=True
        )
        assert [row["id"] for row in page] == ids[3:10]
        query = self._dice.standard_normal(DIMENSION).astype(np.float32).tolist()
        search: dict[str, Any] = {"expr": expression, "output_fields": ["number"]}
        search["search_params"] = {"ef": 500, "nprobe": 500}
        (hits,) = collection.search([query], top_k=5, **search)
        assert [hit["id"] for hit in hits] == nearest(rows, query, 5)
        assert [hit["entity"] for hit in hits] == [
            {"number": self.model[hit["id"]]["number"]} for hit in hits
        ]
        # Every row is in this partition, as the gateway's searches say.
        (there,) = collection.search([query], top_k=5, partition_names=[PARTITION], **search)
        # A product of floats is rounded by how it is blocked: equal scores differ by about 1e-7.
        assert [hit["entity"] for hit in there] == [hit["entity"] for hit in hits]
        assert [hit["id"] for hit in there] == [hit["id"] for hit in hits]
        assert [hit["distance"] for hit in there] == pytest.approx(
            [hit["distance"] for hit in hits], abs=1e-6
        )
        (before,) = Collection.search(collection, [query], top_k=5, **search)
        assert [hit["id"] for hit in before] == [hit["id"] for hit in hits]
        assert [hit["distance"] for hit in hits] == pytest.approx(
            [hit["distance"] for hit in before], abs=1e-6
        )


@pytest.mark.parametrize("seed", range(9))
def test_reads_find_the_latest_rows_after_any_history(tmp_path: Path, seed: int) -> None:
    history = History(tmp_path / "c", seed)
    try:
        for _ in range(STEPS):
            operation = history.step()
            try:
                history.check()
            except AssertionError as error:
                error.add_note(f"seed {seed}, after {operation}")
                raise
    finally:
        history.collection.close()
