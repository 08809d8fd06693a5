"""Rows as Parquet: a row group for each batch, so that a reader needs no more memory than one."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import numpy as np

from indexer.exports.part_files import HashingFile, corrupt, unreadable
from shared.domain.export import ExportPart, PartKind
from shared.domain.fingerprint import DIMENSION

Row = dict[str, Any]

_TEXT, _INTEGER, _TEXTS, _JSON, _VECTOR = "text", "integer", "texts", "json", "vector"
#: The columns of each kind of part, every field of a row. The facts of EXIF are in `metadata`.
COLUMNS: dict[PartKind, dict[str, str]] = {
    "images": {
        **dict.fromkeys(("id", "uri", "sha256"), _TEXT),
        **dict.fromkeys(("width", "height", "bytes", "mtime_ns"), _INTEGER),
        "format": _TEXT,
        "added_at": _INTEGER,
        "job": _TEXT,
        "tags": _TEXTS,
        "metadata": _JSON,
        "vector": _VECTOR,
    },
    "regions": {
        **dict.fromkeys(("id", "image"), _TEXT),
        "region": _INTEGER,
        "sha256": _TEXT,
        "vector": _VECTOR,
    },
}
#: Rows that are read at once, however large the row groups of a file from elsewhere are.
_READ_ROWS = 1000


class RowsFile:
    """A Parquet file of rows, while it is written."""

    def __init__(self, file: HashingFile, kind: PartKind) -> None:
        # Late: it takes 40 MB of memory, which only exports need.
        from pyarrow import parquet

        self._columns = COLUMNS[kind]
        self._schema = _schema(kind)
        # Vectors have no repetitions that a dictionary or zstd would find.
        texts = [name for name, sort in self._columns.items() if sort != _VECTOR]
        self._writer = parquet.ParquetWriter(
            file, self._schema, compression="zstd", use_dictionary=texts
        )

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows, whose vectors are float32 of shape (512,). Raises OSError."""
        import pyarrow

        arrays = [_array(rows, name, sort) for name, sort in self._columns.items()]
        batch = pyarrow.RecordBatch.from_arrays(arrays, schema=self._schema)
        self._writer.write_batch(batch)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Write what comes after the rows, unless there was an error. Raises OSError."""
        if kind is None:
            self._writer.close()
            return
        # Or it would be tried once more when it is collected, on a file that is closed by then.
        with suppress(Exception):
            self._writer.close()
        self._writer.is_open = False


def read_rows(folder: Path, part: ExportPart) -> Iterator[list[Row]]:
    """The rows of a part in batches of a thousand at most, as they were written.

    Raises JobFailed `export_corrupt`, `export_unreadable`.
    """
    import pyarrow
    from pyarrow import parquet

    columns = COLUMNS[part.kind]
    try:
        with parquet.ParquetFile(folder / part.name, pre_buffer=False) as file:
            if not file.schema_arrow.equals(_schema(part.kind)):
                raise corrupt(part.name, "has other columns than this version writes")
            for batch in file.iter_batches(_READ_ROWS, use_threads=False):
                read = {name: _values(batch, name, sort) for name, sort in columns.items()}
                yield [{n: values[at] for n, values in read.items()} for at in range(len(batch))]
    except (pyarrow.ArrowException, ValueError) as error:
        raise corrupt(part.name, f"is no Parquet file of an export ({error})") from error
    except OSError as error:
        raise unreadable(part.name, error) from error


def _schema(kind: PartKind) -> Any:
    import pyarrow

    types = {
        _TEXT: pyarrow.string(),
        _INTEGER: pyarrow.int64(),
        _TEXTS: pyarrow.list_(pyarrow.string()),
        _JSON: pyarrow.string(),
        _VECTOR: pyarrow.list_(pyarrow.float32(), DIMENSION),
    }
    fields = [pyarrow.field(n, types[sort], nullable=False) for n, sort in COLUMNS[kind].items()]
    return pyarrow.schema(fields)


def _array(rows: Sequence[Row], name: str, sort: str) -> Any:
    import pyarrow

    values = [row[name] for row in rows]
    if sort == _VECTOR:
        flat = np.array(values, dtype=np.float32).reshape(-1)
        return pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(flat), DIMENSION)
    if sort == _JSON:
        values = [json.dumps(value) for value in values]
    elif sort == _TEXTS:
        return pyarrow.array([list(value) for value in values], pyarrow.list_(pyarrow.string()))
    return pyarrow.array(values, pyarrow.int64() if sort == _INTEGER else pyarrow.string())


def _values(batch: Any, name: str, sort: str) -> Any:
    column = batch.column(batch.schema.get_field_index(name))
    if sort == _VECTOR:
        # `flatten` minds the offset of a batch that is a part of a row group; `values` does not.
        return column.flatten().to_numpy().reshape(-1, DIMENSION)
    values = column.to_pylist()
    return [json.loads(value) for value in values] if sort == _JSON else values
