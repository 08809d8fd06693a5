"""The rows that milvus-lite has not yet written to a segment, as arrays."""

import threading
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from milvus_lite.schema.arrow_builder import get_vector_field
from milvus_lite.storage.memtable import MemTable

from deploy.local.embedded_milvus.segment import Vectors, reciprocal_norms

#: An inserted or deleted primary key, and the sequence number of that write.
Touched = tuple[Any, int]


@dataclass(frozen=True)
class BufferedRows:
    """The live rows of a memtable at one moment, in the order of their first writes."""

    table: pa.Table
    vectors: Vectors
    reciprocals: Vectors
    pks: list[Any]
    partitions: frozenset[str]
    exact = True
    index = None
    scalar_indexes = ()

    @property
    def num_rows(self) -> int:
        return len(self.pks)

    @cached_property
    def pk_to_row(self) -> dict[Any, int]:
        return {pk: row for row, pk in enumerate(self.pks)}

    @cached_property
    def seqs(self) -> npt.NDArray[np.uint64]:
        return np.asarray(self.table.column("_seq").to_numpy(), dtype=np.uint64)


class ArrayMemTable(MemTable):
    """A memtable that keeps its vectors in one array as they are written."""

    def __init__(self, schema: Any) -> None:
        super().__init__(schema)
        field = get_vector_field(schema)
        self._vector_name = None if field is None else field.name
        self._vectors: Vectors = np.zeros((0, 0 if field is None else field.dim), np.float32)
        self._reciprocals: Vectors = np.zeros(0, np.float32)
        self._physical = 0
        self._touched: list[Touched] = []
        self._partitions: frozenset[str] = frozenset()
        self._rows: BufferedRows | None = None
        self._lock: threading.RLock

    def apply_insert(self, batch: pa.RecordBatch) -> None:
        with self._lock:
            kept = len(self._insert_batches)
            super().apply_insert(batch)
            if batch.num_rows:
                pks = batch.column(self._pk_name).to_pylist()
                self._touched += zip(pks, batch.column("_seq").to_pylist(), strict=True)
            if len(self._insert_batches) > kept and self._vector_name is not None:
                self._append(batch.column(self._vector_name))
                self._partitions |= frozenset(batch.column("_partition").unique().to_pylist())
            self._rows = None

    def apply_delete(self, batch: pa.RecordBatch) -> None:
        with self._lock:
            super().apply_delete(batch)
            pks = batch.column(self._pk_name).to_pylist()
            self._touched += zip(pks, batch.column("_seq").to_pylist(), strict=True)
            self._rows = None

    def changes(self, since: int) -> tuple[list[Touched], BufferedRows]:
        """What was written after the first `since` keys, and the live rows, of one moment."""
        with self._lock:
            if self._rows is None:
                self._rows = self._collect()
            return self._touched[since:], self._rows

    def _append(self, column: pa.Array) -> None:
        values = column.flatten().to_numpy(zero_copy_only=False)
        added = values.reshape(len(column), -1).astype(np.float32, copy=False)
        end = self._physical + len(added)
        if end > len(self._vectors):
            # Readers hold views of the old array, which keeps its rows.
            grown = max(end, 2 * len(self._vectors))
            self._vectors = _grown(self._vectors, self._physical, grown)
            self._reciprocals = _grown(self._reciprocals, self._physical, grown)
        self._vectors[self._physical : end] = added
        self._reciprocals[self._physical : end] = reciprocal_norms(added)
        self._physical = end

    def _collect(self) -> BufferedRows:
        batches = self._insert_batches
        starts = np.cumsum([0, *(batch.num_rows for batch in batches)])
        places = list(self._pk_index.values())
        rows = np.array([starts[batch] + row for batch, row, _ in places], dtype=np.int64)
        names = [name for name in self._data_schema.names if name != self._vector_name]
        if batches:
            table = pa.Table.from_batches(batches).select(names)
        else:
            table = self._data_schema.empty_table().select(names)
        vectors, reciprocals = self._vectors[: self._physical], self._reciprocals[: self._physical]
        if len(rows) != self._physical or np.any(rows != np.arange(len(rows))):
            table = table.take(pa.array(rows))
            vectors, reciprocals = vectors[rows], reciprocals[rows]
        return BufferedRows(table, vectors, reciprocals, list(self._pk_index), self._partitions)

    def _build_data_table(self, rows: list[tuple[int, int]]) -> pa.Table:
        """The given rows as one table, for a segment's file."""
        starts = np.cumsum([0, *(batch.num_rows for batch in self._insert_batches)])
        places = pa.array([int(starts[batch]) + row for batch, row in rows], type=pa.int64())
        table = pa.Table.from_batches(self._insert_batches).select(self._data_schema.names)
        return table.take(places).cast(self._data_schema).combine_chunks()


def _grown(array: Vectors, used: int, size: int) -> Vectors:
    grown = np.empty((size, *array.shape[1:]), dtype=array.dtype)
    grown[:used] = array[:used]
    return grown
