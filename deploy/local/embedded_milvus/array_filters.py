"""Filters over arrays and JSON, which milvus-lite evaluates row by row, as columns of results."""

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
    ArrayLengthOp,
    BoolLit,
    CmpOp,
    FieldRef,
    FloatLit,
    IntLit,
    IsNullOp,
    ListLit,
    Not,
    Or,
    PathAccess,
    StringLit,
)
from milvus_lite.search.filter.eval.hybrid_backend import _has_python_only_nodes

from deploy.local.embedded_milvus.json_paths import values_at

_LITERALS = (BoolLit, FloatLit, IntLit, StringLit)


def evaluate(compiled: Any, table: pa.Table) -> npt.NDArray[np.bool_]:
    """Which rows of `table` match a compiled filter; as `evaluate_mask`.

    But JSON compares as a server has it: a truth value is no number, and what is missing or of
    another kind does not match, so that `not` of it does.
    """
    if compiled.backend != "python":
        return np.asarray(evaluate_mask(compiled, table), dtype=bool)
    results = _Results(table)
    expression = results.rewritten(compiled.ast)
    # Of a row's fields, those that nothing asks for are its vector and whatever else is long.
    table = table.select(list(compiled.fields))
    for name, column in results.columns.items():
        table = table.append_column(name, pa.array(column))
    backend = "python" if _has_python_only_nodes(expression) else "arrow"
    rest = replace(compiled, ast=expression, backend=backend)
    return np.asarray(evaluate_mask(rest, table), dtype=bool)


class _Results:
    """Columns of what parts of an expression come to, in each row of a table."""

    def __init__(self, table: pa.Table) -> None:
        self.columns: dict[str, npt.NDArray[Any]] = {}
        self._table = table

    def rewritten(self, node: Any) -> Any:
        """The expression with the parts that have a column here replaced by it."""
        if isinstance(node, And | Or):
            return replace(node, operands=tuple(map(self.rewritten, node.operands)))
        if isinstance(node, Not):
            return replace(node, operand=self.rewritten(node.operand))
        if isinstance(node, CmpOp) and isinstance(node.left, ArrayLengthOp):
            return replace(node, left=self._replaced(node.left))
        return self._replaced(node)

    def _replaced(self, node: Any) -> Any:
        column = self._column(node)
        if column is None:
            return node
        name = f"__result_{len(self.columns)}"
        self.columns[name] = column
        return FieldRef(name=name, pos=node.pos)

    def _column(self, node: Any) -> npt.NDArray[Any] | None:
        match node:
            case ArrayContainsOp(value=FieldRef(name=name), values=values, mode=mode):
                wanted = _values(values)
                arrays = self._table.column(name)
                if wanted and pa.types.is_list(arrays.type):
                    return _contains(arrays, wanted, every=mode == "all")
            case ArrayLengthOp(value=FieldRef(name=name)):
                arrays = self._table.column(name)
                if pa.types.is_list(arrays.type):
                    return np.asarray(pc.fill_null(pc.list_value_length(arrays), 0))
            case ArrayContainsOp(value=PathAccess() as path, values=values, mode=mode):
                held, wanted = values_at(self._table, path), _values(values)
                if held is not None and wanted:
                    return held.contains(wanted, every=mode == "all")
            case CmpOp(op=op, left=PathAccess() as path, right=literal):
                held = values_at(self._table, path)
                if held is not None and isinstance(literal, _LITERALS):
                    return held.compares(op, literal.value)
            case IsNullOp(field=PathAccess() as path, negate=negate):
                if held := values_at(self._table, path):
                    null = held.is_null()
                    return ~null if negate else null
        return None


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
