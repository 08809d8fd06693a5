"""Filters over JSON select the rows that a Milvus server selects."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from milvus_lite.search.filter import compile_filter, evaluate_mask

from deploy.local.embedded_milvus.array_filters import evaluate
from tests.unit.deploy.local.embedded_milvus.library import schema

VALUES: list[Any] = [
    *({}, {"a": 1}, {"a": 1.0}, {"a": True}, {"a": "1"}, {"a": None}, {"a": [1, "x"]}),
    *({"a": {"b": "x"}}, {"a": 0}, {"a": False}, {"a": [True]}, {"a": [[1]]}, {"a b": "k"}),
]


@pytest.fixture(scope="module")
def table() -> pa.Table:
    rows = [
        {"id": str(n), "number": n, "tags": ["t"] * (n % 3), "metadata": json.dumps(value)}
        for n, value in enumerate(VALUES)
    ]
    return pa.concat_tables([pa.Table.from_pylist(rows[:5]), pa.Table.from_pylist(rows[5:])])


def found(expression: str, table: pa.Table) -> list[int]:
    return np.flatnonzero(evaluate(compile_filter(expression, schema()), table)).tolist()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # What a server of Milvus 2.3.5 answers.
        ('metadata["a"] == 1', [1, 2]),
        ('metadata["a"] == true', [3]),
        ('metadata["a"] == false', [9]),
        ('metadata["a"] == "1"', [4]),
        ('metadata["a"] > 0', [1, 2]),
        ('metadata["a"] >= "0"', [4]),
        ('not (metadata["a"] == 1)', [0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ('metadata["a"] != 1', [0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ('not (metadata["a"] > 0)', [0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ('metadata["a"]["b"] == "x"', [7]),
        ('metadata["a"][0] == 1', [6]),
        ('metadata["a b"] == "k" and number > 3', [12]),
        ('json_contains(metadata["a"], 1)', [6]),
        ('json_contains(metadata["a"], true)', [10]),
        ('json_contains_any(metadata["a"], ["x", 2])', [6]),
        ('json_contains_all(metadata["a"], ["x", 1])', [6]),
        ('json_contains_all(metadata["a"], ["x", 2])', []),
        ('(metadata["a"] == 1) or (json_contains_any(metadata["a"], [1]))', [1, 2, 6]),
        # As newer servers have it: a null is no value.
        ('exists metadata["a"]', [1, 2, 3, 4, 6, 7, 8, 9, 10, 11]),
        ('not (not (exists metadata["a"]["b"]))', [7]),
        ("array_length(tags) == 0", [0, 3, 6, 9, 12]),
        ('not (array_length(tags) == 0) and metadata["a"] == 1', [1, 2]),
    ],
)
def test_rows_match_as_on_a_server(table: pa.Table, expression: str, expected: list[int]) -> None:
    assert found(expression, table) == expected


@pytest.mark.parametrize(
    "expression",
    [
        'metadata["a"] + 1 == 2',
        'metadata["a"] like "1%"',
        "array_length(tags) * 2 == 4",
        '1 == metadata["a"]',
    ],
)
def test_what_is_not_rewritten_is_left_to_milvus_lite(table: pa.Table, expression: str) -> None:
    compiled = compile_filter(expression, schema())
    assert evaluate(compiled, table).tolist() == evaluate_mask(compiled, table).tolist()


def test_what_was_read_of_a_table_is_that_tables(
    table: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.local.embedded_milvus.json_paths._KEPT", 2)
    for size in (13, 5, 13, 9, 3):
        part = table.slice(0, size)
        for name, expected in (("a", [1, 2]), ("b", []), ("c", []), ("a", [1, 2])):
            assert found(f'metadata["{name}"] == 1', part) == expected
        del part


def test_no_row_is_no_row(table: pa.Table) -> None:
    assert found('metadata["a"] == 1', table.slice(0, 0)) == []
