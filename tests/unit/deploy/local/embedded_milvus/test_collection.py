"""What a collection does that its histories do not show."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from milvus_lite.engine.flush import execute_flush
from milvus_lite.exceptions import PartitionNotFoundError

from deploy.local.embedded_milvus import maintenance, server
from deploy.local.embedded_milvus.collection import FastCollection
from tests.unit.deploy.local.embedded_milvus.library import PARTITION, nearest, opened, record

QUERY = [1.0, 0, 0, 0, 0, 0, 0, 0]


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    dice = np.random.default_rng(7)
    return [record(name, dice) for name in range(100)]


def test_a_search_during_a_flush_sees_its_rows(
    tmp_path: Path, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = opened(FastCollection, tmp_path / "c")
    begun, go_on = threading.Event(), threading.Event()

    def slow_flush(**arguments: Any) -> None:
        begun.set()
        assert go_on.wait(20)
        execute_flush(**arguments)

    collection.upsert(rows[:50])
    monkeypatch.setattr(maintenance, "execute_flush", slow_flush)
    flushing = threading.Thread(target=collection.flush)
    flushing.start()
    try:
        assert begun.wait(20)
        assert collection.num_entities == 50
        (hits,) = collection.search([QUERY], top_k=3)
        assert [hit["id"] for hit in hits] == nearest(rows[:50], QUERY, 3)
    finally:
        go_on.set()
        flushing.join()
    assert collection.num_entities == 50
    collection.close()


def test_writes_during_a_merge_are_kept(
    tmp_path: Path, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = opened(FastCollection, tmp_path / "c")
    load = FastCollection._load_merged
    merges: list[str] = []

    def load_after_writes(self: FastCollection, partition: str, file: str) -> Any:
        if not merges:
            collection.upsert([{**row, "number": 99} for row in rows[:3]])
            collection.delete([row["id"] for row in rows[3:6]])
            collection.flush()
            assert collection.num_entities == 37
        merges.append(file)
        return load(self, partition, file)

    monkeypatch.setattr(FastCollection, "_load_merged", load_after_writes)
    for start in range(0, 40, 10):
        collection.upsert(rows[start : start + 10])
        collection.flush()
    collection._wait_for_bg()
    collection._wait_for_bg()
    assert merges
    assert collection.num_entities == 37
    changed = collection.query("number == 99", output_fields=["id"], order_by_pk=True)
    assert [row["id"] for row in changed] == [row["id"] for row in rows[:3]]
    (hits,) = collection.search([QUERY], top_k=50)
    assert sorted(hit["id"] for hit in hits) == sorted(
        row["id"] for row in [*rows[:3], *rows[6:40]]
    )
    collection.close()


def test_a_flush_that_fails_loses_nothing(
    tmp_path: Path, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = opened(FastCollection, tmp_path / "c")
    collection.upsert(rows[:20])

    def full(**_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(maintenance, "execute_flush", full)
        with pytest.raises(OSError, match="No space left"):
            collection.flush()
        assert collection.num_entities == 20
        collection.upsert(rows[10:30])
    assert collection.num_entities == 30
    collection.flush()
    collection.close()
    again = opened(FastCollection, tmp_path / "c")
    assert again.num_entities == 30
    again.close()


def test_an_index_file_that_a_kill_cut_short_is_built_again(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    collection = opened(FastCollection, tmp_path / "c")
    collection.upsert(rows[:60])
    collection.close()
    (index,) = (tmp_path / "c").rglob("*.idx")
    index.write_bytes(index.read_bytes()[:100])
    again = opened(FastCollection, tmp_path / "c")
    (hits,) = again.search([QUERY], top_k=3)
    assert [hit["id"] for hit in hits] == nearest(rows[:60], QUERY, 3)
    again.close()


def test_a_collection_that_is_opened_maps_its_indexes(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    collection = opened(FastCollection, tmp_path / "c")
    for start in range(0, 100, 25):
        collection.upsert(rows[start : start + 25])
        collection.flush()
        collection._wait_for_bg()
    collection.close()
    indexes = {str(path) for path in (tmp_path / "c").rglob("*.idx")}
    assert len(indexes) > 1
    again = opened(FastCollection, tmp_path / "c")
    mapped = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines()}
    assert indexes <= mapped
    (hits,) = again.search([QUERY], top_k=10)
    assert [hit["id"] for hit in hits] == nearest(rows, QUERY, 10)
    again.close()


def test_a_filter_that_leaves_few_rows_finds_them_all(tmp_path: Path) -> None:
    dice = np.random.default_rng(3)
    rows = [record(name, dice) for name in range(60)]
    collection = opened(FastCollection, tmp_path / "c")
    collection.upsert(rows)
    collection.flush()
    collection._wait_for_bg()
    few = [row for row in rows if row["number"] < 5]
    (hits,) = collection.search([QUERY], top_k=60, expr="number < 5")
    assert [hit["id"] for hit in hits] == nearest(few, QUERY, 60)
    collection.close()


def test_a_partition_that_is_dropped_takes_its_rows_with_it(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    collection = opened(FastCollection, tmp_path / "c")
    collection.upsert(rows[:10], partition_name=PARTITION)
    collection.upsert(rows[10:15])
    collection.drop_partition(PARTITION)
    assert collection.num_entities == 5
    (hits,) = collection.search([QUERY], top_k=3)
    assert [hit["id"] for hit in hits] == nearest(rows[10:15], QUERY, 3)
    collection.close()


def test_a_search_in_a_partition_finds_its_rows_and_no_other(
    tmp_path: Path, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = opened(FastCollection, tmp_path / "c")
    collection.create_partition("g2")

    def refuse(*_: Any, **named: Any) -> None:
        raise AssertionError(f"left to milvus-lite: {named}")

    monkeypatch.setattr(collection, "_search_as_before", refuse)

    def found(*names: str) -> list[str]:
        (hits,) = collection.search([QUERY], top_k=5, partition_names=list(names))
        return [hit["id"] for hit in hits]

    collection.upsert(rows[:20], partition_name=PARTITION)
    assert found(PARTITION) == nearest(rows[:20], QUERY, 5)
    assert found("g2") == []
    collection.flush()
    collection.upsert(rows[20:40], partition_name="g2")
    for names, expected in (
        ([PARTITION], rows[:20]),
        (["g2"], rows[20:40]),
        ([PARTITION, "g2"], rows[:40]),
    ):
        assert found(*names) == nearest(expected, QUERY, 5)
    with pytest.raises(PartitionNotFoundError):
        found("g3")
    collection.close()


def test_a_search_in_a_part_of_a_memtable_is_left_to_milvus_lite(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    collection = opened(FastCollection, tmp_path / "c")
    collection.create_partition("g2")
    collection.upsert(rows[:20], partition_name=PARTITION)
    collection.upsert(rows[20:40], partition_name="g2")
    (hits,) = collection.search([QUERY], top_k=5, partition_names=["g2"])
    assert [hit["id"] for hit in hits] == nearest(rows[20:40], QUERY, 5)
    collection.close()


def test_another_version_of_milvus_lite_is_left_as_it_is(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "version", lambda _: "9.9.9")
    assert not server.install()
    assert "milvus_lite_unchanged version=9.9.9" in caplog.text
