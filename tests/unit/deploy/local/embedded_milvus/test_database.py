"""A database whose collections are opened by several calls at once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from deploy.local.embedded_milvus.collection import FastCollection
from deploy.local.embedded_milvus.database import LockedDatabase
from tests.unit.deploy.local.embedded_milvus.library import schema

CALLS = 4


def test_calls_that_come_together_get_the_same_collection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LockedDatabase(str(tmp_path)) as database:
        database.create_collection("c", schema())
    opened: list[object] = []
    together, begin = threading.Barrier(CALLS), FastCollection.__init__

    def slow(self: Any, *arguments: Any, **named: Any) -> None:
        opened.append(self)
        time.sleep(0.2)  # long enough for every other call to come
        begin(self, *arguments, **named)

    with LockedDatabase(str(tmp_path)) as database:
        monkeypatch.setattr(FastCollection, "__init__", slow)

        def get(_: int) -> Any:
            together.wait(20)
            return database.get_collection("c")

        with ThreadPoolExecutor(CALLS) as pool:
            found = list(pool.map(get, range(CALLS)))
    assert len(opened) == 1
    assert all(collection is found[0] for collection in found)


def test_all_collections_are_open_and_loaded_soon_after_a_start(tmp_path: Path) -> None:
    with LockedDatabase(str(tmp_path)) as database:
        for name in ("a", "b"):
            collection = database.create_collection(name, schema())
            collection.create_index("vector", {"index_type": "HNSW", "metric_type": "COSINE"})
    with LockedDatabase(str(tmp_path)) as database:
        database.open_all()
        assert [database.get_collection(name).load_state for name in ("a", "b")] == ["loaded"] * 2
