"""Filters over arrays by Arrow's kernels select what milvus-lite's interpreter selects."""

import random
from typing import Any

import pyarrow as pa
import pytest
from milvus_lite.search.filter import compile_filter, evaluate_mask

from deploy.local.embedded_milvus.array_filters import evaluate
from tests.unit.deploy.local.embedded_milvus.library import schema


@pytest.fixture(scope="module")
def table() -> pa.Table:
    dice = random.Random(1)
    rows: list[dict[str, Any]] = [
        {"id": str(n), "number": n, "tags": dice.sample("abcd", dice.randint(0, 4))}
        for n in range(300)
    ]
    return pa.concat_tables([pa.Table.from_pylist(rows[:100]), pa.Table.from_pylist(rows[100:])])


@pytest.mark.parametrize(
    "expression",
    [
        'array_contains(tags, "a")',
        'array_contains(tags, "é")',
        '(array_contains(tags, "a")) and (number > 50)',
        'not array_contains(tags, "a") or array_contains_all(tags, ["b", "c"])',
        'array_contains_any(tags, ["a", "d"]) and id >= "3"',
        'array_length(tags) > 2 and array_contains(tags, "a")',
        "array_contains_all(tags, [])",
        "number in [1, 2, 3]",
    ],
)
def test_the_same_rows_match(table: pa.Table, expression: str) -> None:
    compiled = compile_filter(expression, schema())
    assert evaluate(compiled, table).tolist() == evaluate_mask(compiled, table).tolist()
