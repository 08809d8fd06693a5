"""Filters over arrays, which milvus-lite evaluates row by row in Python, in Arrow's kernels."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from milvus_lite.search.filter import evaluate_mask
from milvus_lite.search.filter.ast import (
    And,
    ArrayContainsOp,
    BoolLit,
    FieldRef,
    FloatLit,
    IntLit,
    ListLit,
    Not,
    Or,
    StringLit,
)
from milvus_lite.search.filter.eval.hybrid_backend import _has_python_only_nodes

_LITERALS = (BoolLit, FloatLit, IntLit, StringLit)


def evaluate(compiled: Any, table: pa.Table) -> npt.NDArray[np.bool_]:
    """Which rows of `table` match a compiled filter; as `evaluate_mask`."""
    if compiled.backend != "python":
        return np.asarray(evaluate_mask(compiled, table), dtype=bool)
    columns: dict[str, npt.NDArray[np.bool_]] = {}
    expression = _rewritten(compiled.ast, table, columns)
    if _has_python_only_nodes(expression) or not columns:
        return np.asarray(evaluate_mask(compiled, table), dtype=bool)
    for name, contained in columns.items():
        table = table.append_column(name, pa.array(contained))
    by_kernels = replace(compiled, ast=expression, backend="arrow")
    return np.asarray(evaluate_mask(by_kernels, table), dtype=bool)


def _rewritten(node: Any, table: pa.Table, columns: dict[str, npt.NDArray[np.bool_]]) -> Any:
    """The expression with each `array_contains` replaced by a column of its results."""
    if isinstance(node, And | Or):
        operands = tuple(_rewritten(operand, table, columns) for operand in node.operands)
        return replace(node, operands=operands)
    if isinstance(node, Not):
        return replace(node, operand=_rewritten(node.operand, table, columns))
    if not isinstance(node, ArrayContainsOp) or not isinstance(node.value, FieldRef):
        return node
    wanted = _values(node.values)
    arrays = table.column(node.value.name)
    if not wanted or not pa.types.is_list(arrays.type):
        return node
    name = f"__contains_{len(columns)}"
    columns[name] = _contains(arrays, wanted, every=node.mode == "all")
    return FieldRef(name=name, pos=node.pos)


def _values(node: Any) -> list[Any] | None:
    elements = node.elements if isinstance(node, ListLit) else [node]
    if not all(isinstance(element, _LITERALS) for element in elements):
        return None
    return [element.value for element in elements]


def _contains(
    arrays: pa.ChunkedArray, wanted: Sequence[Any], *, every: bool
) -> npt.NDArray[np.bool_]:
    joined = arrays.combine_chunks()
    if isinstance(joined, pa.ChunkedArray):
        joined = pa.concat_arrays(joined.chunks)
    items, owners = joined.flatten(), pc.list_parent_indices(joined)
    results = []
    for value in wanted:
        rows = owners.filter(pc.fill_null(pc.equal(items, value), False))
        contained = np.zeros(len(joined), dtype=bool)
        contained[rows.to_numpy()] = True
        results.append(contained)
    combine = np.logical_and if every else np.logical_or
    return np.asarray(combine.reduce(results), dtype=bool)
