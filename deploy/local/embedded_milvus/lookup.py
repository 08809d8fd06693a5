"""Rows of a segment by a value of a string column, without a look at every row."""

from collections.abc import Collection
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from milvus_lite.search.filter.ast import And, CmpOp, FieldRef, InOp, ListLit, StringLit

#: A column with more rows than this for each of its values is better compared row by row.
_ROWS_PER_VALUE = 2
#: Beyond so many values, comparing every row is as fast.
_MOST_VALUES = 10_000


class Wanted(NamedTuple):
    """A column, and the values that an expression asks of it: no other row can match."""

    column: str
    values: frozenset[str]

    @classmethod
    def of(cls, expression: Any) -> Self | None:
        """What the expression asks for by `==` or `in`, alone or among what has to hold too."""
        match expression:
            case InOp(field=FieldRef(name=name), values=ListLit(elements=elements), negate=False):
                return cls._of(name, elements)
            case CmpOp(op="==", left=FieldRef(name=name), right=StringLit() as value):
                return cls._of(name, [value])
            case And(operands=operands):
                found = (cls.of(operand) for operand in operands)
                return next((wanted for wanted in found if wanted is not None), None)
        return None

    @classmethod
    def _of(cls, name: str, elements: Collection[Any]) -> Self | None:
        if len(elements) > _MOST_VALUES or not all(isinstance(e, StringLit) for e in elements):
            return None
        return cls(name, frozenset(element.value for element in elements))


class ValueLookup:
    """The hashes of a string column's values in order, 12 bytes a row."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        hashes = np.fromiter(map(hash, column.to_pylist()), np.int64, len(column))
        order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[order]
        self._rows = order.astype(np.uint32)

    @classmethod
    def of(cls, table: pa.Table, name: str) -> Self | None:
        """The lookup of a column; None unless it holds strings, most of them different."""
        if name not in table.column_names or not pa.types.is_string(table.schema.field(name).type):
            return None
        lookup = cls(table.column(name))
        distinct = np.count_nonzero(np.diff(lookup._hashes)) + 1
        return lookup if len(lookup._rows) <= _ROWS_PER_VALUE * distinct else None

    def candidates(self, values: Collection[str]) -> npt.NDArray[np.int64]:
        """The rows that may hold one of the values, in order, and few others."""
        wanted = np.unique(np.fromiter(map(hash, values), np.int64, len(values)))
        first = np.searchsorted(self._hashes, wanted, "left")
        last = np.searchsorted(self._hashes, wanted, "right")
        found = [self._rows[a:b] for a, b in zip(first, last, strict=True) if a < b]
        return np.sort(np.concatenate(found)).astype(np.int64) if found else np.zeros(0, np.int64)
