"""Comparisons with what lies at a path into a column of JSON, in each row of a table."""

import json
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Mask = npt.NDArray[np.bool_]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class JsonColumns:
    """The JSON of a table, each column of which is read once, however often it is compared."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._read: dict[str, list[Any]] = {}
        self._found: dict[tuple[str, tuple[str | int, ...]], list[Any]] = {}

    def compares(self, path: Any, op: str, wanted: Any) -> Mask | None:
        """Where the value compares so with a literal of its kind; None where a path is no JSON."""
        values = self._at(path)
        if values is None:
            return None
        if op == "!=":
            equal = self.compares(path, "==", wanted)
            return None if equal is None else ~equal
        compare, kind = _OPERATORS[op], _kind(wanted)
        return _mask(values, lambda value: _kind(value) is kind and compare(value, wanted))

    def contains(self, path: Any, wanted: Sequence[Any], *, every: bool) -> Mask | None:
        """Where the value is a list with one of the literals, or with every one."""
        values = self._at(path)
        if values is None:
            return None
        keys = {(_kind(value), value) for value in wanted}

        def holds(value: Any) -> bool:
            if not isinstance(value, list):
                return False
            held = {(_kind(item), item) for item in value if _kind(item) is not None}
            return keys <= held if every else not keys.isdisjoint(held)

        return _mask(values, holds)

    def is_null(self, path: Any) -> Mask | None:
        """Where there is no value, or null."""
        values = self._at(path)
        return None if values is None else _mask(values, lambda value: value is None)

    def _at(self, path: Any) -> list[Any] | None:
        """What lies at a path, None where nothing does."""
        name = getattr(path.base, "name", None)
        if name is None or not pa.types.is_string(self._table.schema.field(name).type):
            return None
        key = (name, tuple(path.path))
        if key not in self._found:
            if name not in self._read:
                texts = self._table.column(name).to_pylist()
                self._read[name] = [None if text is None else json.loads(text) for text in texts]
            self._found[key] = [_walk(value, path.path) for value in self._read[name]]
        return self._found[key]


def _walk(value: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        if isinstance(part, str):
            value = value.get(part) if isinstance(value, dict) else None
        else:
            value = value[part] if isinstance(value, list) and part < len(value) else None
    return value


def _kind(value: Any) -> type | None:
    if isinstance(value, bool):
        return bool
    if isinstance(value, int | float):
        return float
    return str if isinstance(value, str) else None


def _mask(values: Sequence[Any], holds: Callable[[Any], bool]) -> Mask:
    return np.fromiter(map(holds, values), dtype=bool, count=len(values))
