"""Comparisons with what lies at a path into a column of JSON, in each row of a table.

What lies there is kept in arrays for as long as its table is, for the paths that were asked for
last: JSON is read a row at a time, which takes seconds for a million rows.
"""

import json
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]

#: Paths that are kept, of all tables together. One takes 9 bytes a row, and its strings.
_KEPT = 64
_NONE, _TRUTH, _NUMBER, _TEXT, _OTHER = range(5)
_NUMBERS: dict[str, Callable[..., Any]] = {
    "==": np.equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
_TEXTS: dict[str, Callable[..., Any]] = {
    "==": pc.equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}


class PathValues(NamedTuple):
    """What lies at a path, in each row: its kind, and the value of those of that kind.

    `lists` has those of the rows that hold one, by row.
    """

    kinds: npt.NDArray[np.uint8]
    numbers: npt.NDArray[np.float64]
    texts: pa.Array
    lists: dict[int, list[Any]]

    @classmethod
    def read(cls, texts: pa.ChunkedArray, path: Sequence[str | int]) -> "PathValues":
        """From a column of JSON."""
        values = [None if t is None else _walk(json.loads(t), path) for t in texts.to_pylist()]
        kinds = np.fromiter(map(_kind, values), dtype=np.uint8, count=len(values))
        numbers = np.zeros(len(values))
        for row in np.flatnonzero((kinds == _TRUTH) | (kinds == _NUMBER)):
            numbers[row] = values[row]
        strings = [value if isinstance(value, str) else None for value in values]
        lists = {row: value for row, value in enumerate(values) if isinstance(value, list)}
        return cls(kinds, numbers, pa.array(strings, pa.string()), lists)

    def compares(self, op: str, wanted: Any) -> Mask:
        """Where the value compares so with a literal of its kind."""
        if op == "!=":
            return ~self.compares("==", wanted)
        kind = _kind(wanted)
        if kind == _TEXT:
            return np.asarray(pc.fill_null(_TEXTS[op](self.texts, wanted), False), dtype=bool)
        return np.asarray((self.kinds == kind) & _NUMBERS[op](self.numbers, wanted), dtype=bool)

    def contains(self, wanted: Sequence[Any], *, every: bool) -> Mask:
        """Where the value is a list with one of the literals, or with every one."""
        keys = {(_kind(value), value) for value in wanted}
        mask = np.zeros(len(self.kinds), dtype=bool)
        for row, items in self.lists.items():
            held = {(_kind(item), item) for item in items if _kind(item) not in (_NONE, _OTHER)}
            mask[row] = keys <= held if every else not keys.isdisjoint(held)
        return mask

    def is_null(self) -> Mask:
        """Where there is no value, or null."""
        return np.asarray(self.kinds == _NONE)


class _Cache:
    """What was read of tables that are there still."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Any, ...], tuple[weakref.ref[Any], PathValues]]
        self._kept = OrderedDict()

    def get(self, table: pa.Table, name: str, path: Sequence[str | int]) -> PathValues:
        """What lies at a path into a column. An id is another table's only once this is gone."""
        key = (id(table), name, *path)
        with self._lock:
            if key in self._kept and self._kept[key][0]() is table:
                self._kept.move_to_end(key)
                return self._kept[key][1]
        values = PathValues.read(table.column(name), path)
        with self._lock:
            self._kept[key] = weakref.ref(table), values
            gone = [old for old, (owner, _) in self._kept.items() if owner() is None]
            for old in gone:
                del self._kept[old]
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return values


_cache = _Cache()


def values_at(table: pa.Table, path: Any) -> PathValues | None:
    """What lies at a path of an expression; None where it begins at no column of JSON."""
    name = getattr(path.base, "name", None)
    if name is None or not pa.types.is_string(table.schema.field(name).type):
        return None
    return _cache.get(table, name, path.path)


def _walk(value: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        if isinstance(part, str):
            value = value.get(part) if isinstance(value, dict) else None
        else:
            value = value[part] if isinstance(value, list) and part < len(value) else None
    return value


def _kind(value: Any) -> int:
    if value is None:
        return _NONE
    if isinstance(value, bool):
        return _TRUTH
    if isinstance(value, int | float):
        return _NUMBER
    return _TEXT if isinstance(value, str) else _OTHER
