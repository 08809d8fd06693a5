"""Rows found by the hashes of a column's values are those that a look at every row finds."""

from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
from milvus_lite.engine.collection import Collection

from deploy.local.embedded_milvus import array_filters, lookup, scan
from deploy.local.embedded_milvus.collection import FastCollection
from deploy.local.embedded_milvus.lookup import ValueLookup
from tests.unit.deploy.local.embedded_milvus.library import PARTITION, opened, record

ROWS = 40
EXPRESSIONS = [
    'uri == "file:///7"',
    'uri == "file:///7 "',
    'uri in ["file:///3", "file:///nowhere", "file:///39"]',
    'number < 25 and uri in ["file:///1", "file:///2", "file:///9"]',
    '(uri == "file:///1") and (number == 5)',
    'array_contains(tags, "a") and uri in ["file:///1", "file:///2", "file:///9"]',
    'uri == "file:///1" or number == 5',
    'uri not in ["file:///1"]',
    'not (uri == "file:///1")',
    'uri == "file:///equal"',
    "uri in []",
]


def filled(kind: type[Collection], folder: Path) -> Any:
    """Sealed rows, and some of them written again and not sealed."""
    dice = np.random.default_rng(3)
    rows = [record(name, dice) for name in range(ROWS)]
    for name in (20, 30):
        rows[name]["uri"] = "file:///equal"
    collection = opened(kind, folder)
    collection.insert(rows, partition_name=PARTITION)
    collection.flush()
    collection._wait_for_bg()
    again = {**rows[9], "uri": "file:///7"}
    collection.upsert([again], partition_name=PARTITION)
    return collection


def found(collection: Any, expression: str) -> list[str]:
    return sorted(row["id"] for row in collection.query(expression, ["id"]))


@pytest.mark.parametrize("most", [10_000, 2], ids=["by hashes", "too many values"])
def test_a_filter_finds_what_milvus_lite_finds(tmp_path: Path, most: int) -> None:
    fast, plain = filled(FastCollection, tmp_path / "a"), filled(Collection, tmp_path / "b")
    with patch.object(lookup, "_MOST_VALUES", most):
        for expression in EXPRESSIONS:
            assert found(fast, expression) == found(plain, expression), expression
    fast.close()
    plain.close()


def test_no_segment_is_compared_row_by_row(tmp_path: Path) -> None:
    collection = filled(FastCollection, tmp_path)
    compared: list[int] = []

    def evaluate(compiled: Any, table: pa.Table) -> Any:
        compared.append(table.num_rows)
        return kept(compiled, table)

    kept = array_filters.evaluate
    with patch.object(scan, "evaluate", evaluate):
        assert found(collection, 'uri == "file:///7"') == ["0007", "0009"]
    # One row of the segment, and what is not sealed yet.
    assert compared == [1, 1]
    collection.close()


def test_two_values_of_one_hash_are_told_apart(tmp_path: Path) -> None:
    collection = filled(FastCollection, tmp_path)

    def of_two(uri: str) -> int:
        number = uri.rpartition("/")[2]
        return int(number) // 2 if number.isdecimal() else -1

    with patch.object(lookup, "hash", of_two, create=True):
        assert found(collection, 'uri == "file:///2"') == ["0002"]
        assert found(collection, 'uri == "file:///equal"') == ["0020", "0030"]
    collection.close()


def test_a_column_of_few_values_has_no_lookup() -> None:
    kinds = ["even" if number % 2 == 0 else "odd" for number in range(ROWS)]
    rows = pa.table({"kind": kinds, "uri": [str(n) for n in range(ROWS)], "n": range(ROWS)})
    assert ValueLookup.of(rows, "kind") is None
    assert ValueLookup.of(rows, "n") is None
    assert ValueLookup.of(rows, "absent") is None
    assert ValueLookup.of(rows, "uri") is not None
