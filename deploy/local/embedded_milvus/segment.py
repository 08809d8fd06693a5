"""A segment of milvus-lite that takes one copy of its vectors, and survives a torn index file."""

import logging
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from milvus_lite.index.brute_force import BruteForceIndex
from milvus_lite.storage.data_file import read_data_file
from milvus_lite.storage.segment import Segment, _extract_vector_array

from deploy.local.embedded_milvus.lookup import ValueLookup, Wanted

_log = logging.getLogger(__name__)

Vectors = npt.NDArray[np.float32]


def reciprocal_norms(vectors: Vectors) -> Vectors:
    """1 / length of each row, and 1 for rows of zeros, as milvus-lite takes them."""
    norms = np.linalg.norm(vectors, axis=1)
    return np.where(norms == 0, 1.0, 1.0 / np.where(norms == 0, 1.0, norms)).astype(np.float32)


class CompactSegment(Segment):
    """As `Segment`, without the vectors in its table, which `vectors` holds."""

    @classmethod
    def load(cls, file_path: str, partition: str, pk_field: str, vector_field: str | None) -> Self:
        """Read a Parquet file. Raises what reading it raises."""
        table = read_data_file(file_path)
        vectors, null_mask = np.zeros((table.num_rows, 0), dtype=np.float32), None
        if vector_field is not None:
            vectors, null_mask = _extract_vector_array(table.column(vector_field))
            if null_mask is None:
                table = table.drop_columns([vector_field])
        table = table.combine_chunks()
        return cls(
            file_path=file_path,
            partition=partition,
            pk_field=pk_field,
            vector_field=vector_field or "",
            pks=table.column(pk_field).to_pylist(),
            seqs=table.column("_seq").to_numpy().astype(np.uint64),
            vectors=vectors,
            table=table,
            vector_null_mask=null_mask,
        )

    @property
    def exact(self) -> bool:
        """Whether a search compares with every row."""
        return self.index is None or isinstance(self.index, BruteForceIndex)

    @cached_property
    def reciprocals(self) -> Vectors:
        return reciprocal_norms(self.vectors)

    def candidates(self, wanted: Wanted) -> npt.NDArray[np.int64] | None:
        """The rows that may hold the wanted values; None where every row is to be compared."""
        if wanted.column not in self._lookups:
            self._lookups[wanted.column] = ValueLookup.of(self.table, wanted.column)
        lookup = self._lookups[wanted.column]
        return None if lookup is None else lookup.candidates(wanted.values)

    @cached_property
    def _lookups(self) -> dict[str, ValueLookup | None]:
        return {}

    def row_to_dict(self, row_idx: int) -> dict[str, Any]:
        record: dict[str, Any] = super().row_to_dict(row_idx)
        if self._vector_field and self._vector_field not in record:
            record[self._vector_field] = self.vectors[row_idx].tolist()
        return record

    def build_or_load_index(self, spec: Any, index_dir: str) -> None:
        """As `Segment`; a file that a kill left incomplete is built again."""
        path = Path(self.index_file_path(index_dir, spec.index_type, spec.field_name))
        existed = path.exists()
        try:
            super().build_or_load_index(spec, index_dir)
            index = self.indexes.get(spec.field_name)
            if index is not None and index.num_vectors != self.num_rows:
                raise ValueError(f"{index.num_vectors} vectors for {self.num_rows} rows")
        except Exception as error:
            if not existed:
                raise
            _log.warning("index_rebuilt file=%s error=%s", path, error)
            self.release_index(spec.field_name)
            path.unlink(missing_ok=True)
            super().build_or_load_index(spec, index_dir)


def read_columns(
    source: Any, vector_field: str, fields: Sequence[str], rows: npt.NDArray[np.int64]
) -> list[dict[str, Any]]:
    """The wanted fields of some rows of a segment or of buffered rows."""
    scalars = [name for name in fields if name != vector_field]
    indices = pa.array(rows)
    columns = {name: source.table.column(name).take(indices).to_pylist() for name in scalars}
    if vector_field in fields:
        columns[vector_field] = source.vectors[rows].tolist()
    names = [name for name in fields if name in columns]
    return (
        [
            dict(zip(names, values, strict=True))
            for values in zip(*(columns[name] for name in names), strict=True)
        ]
        if names
        else [{} for _ in rows]
    )
