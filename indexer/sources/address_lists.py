"""Lists of addresses in files: a text of one in each line, a column of a CSV or a Parquet file."""

import csv
import io
from collections.abc import Iterator
from typing import IO, cast

from shared.errors import JobFailed, PictureError
from shared.files.paths import open_image
from shared.files.uris import file_uri
from shared.settings import Settings

#: Longer lines are no list of addresses.
_MAX_LINE = 1 << 20
_DELIMITERS = ",;\t|"
_BUFFER_BYTES = 1 << 20
_PARQUET_ROWS = 1000


def read_addresses(path: str, column: str | None, settings: Settings) -> Iterator[str]:
    """The addresses of a list, in its order; memory does not grow with the file.

    Raises JobFailed `source_missing`, `source_unreadable`, `source_outside_roots`,
    `column_not_found`.
    """
    try:
        raw = open_image(file_uri(path), "", settings)
    except PictureError as error:
        code = {"missing": "source_missing", "outside_roots": "source_outside_roots"}
        detail = f"The list cannot be read: {error.detail}"
        raise JobFailed(code.get(error.code, "source_unreadable"), detail) from error
    name = path.lower()
    with raw, io.BufferedReader(cast("io.RawIOBase", raw), _BUFFER_BYTES) as file:
        try:
            if name.endswith((".parquet", ".pq")):
                yield from _parquet(file, _required(column))
            elif name.endswith((".csv", ".tsv")):
                yield from _csv(file, _required(column))
            else:
                yield from _lines(file)
        except (OSError, csv.Error) as error:
            raise JobFailed("source_unreadable", f"The list cannot be read: {error}.") from error


def _required(column: str | None) -> str:
    if column is None:
        raise JobFailed("column_not_found", "Name the column that holds the addresses.")
    return column


def _lines(file: IO[bytes]) -> Iterator[str]:
    first = True
    while line := file.readline(_MAX_LINE):
        if len(line) == _MAX_LINE:
            raise JobFailed("source_unreadable", "The list has a line of more than a megabyte.")
        text = line.decode("utf-8-sig" if first else "utf-8", "replace")
        first = False
        yield text


def _csv(file: IO[bytes], column: str) -> Iterator[str]:
    lines = _lines(file)
    header = next(lines, "")
    for delimiter in _DELIMITERS:
        names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]
        if column in names:
            break
    else:
        raise _no_column(column, next(csv.reader([header]), []))
    place = names.index(column)
    for row in csv.reader(lines, delimiter=delimiter):
        if place < len(row):
            yield row[place]


def _parquet(file: IO[bytes], column: str) -> Iterator[str]:
    # Late: it takes 40 MB of memory, which only these lists need.
    import pyarrow
    from pyarrow import parquet

    try:
        # Read page by page, as a row group may have more rows than there is memory for.
        table = parquet.ParquetFile(file, buffer_size=_BUFFER_BYTES, pre_buffer=False)
        names = table.schema_arrow.names
        if column not in names:
            raise _no_column(column, names)
        kind = table.schema_arrow.field(column).type
        if pyarrow.types.is_dictionary(kind):
            kind = kind.value_type
        if not (pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind)):
            raise JobFailed("column_not_found", f"The column {column!r} holds no text.")
        rows = table.iter_batches(_PARQUET_ROWS, columns=[column], use_threads=False)
        for batch in rows:
            yield from (text for text in batch.column(0).to_pylist() if text is not None)
    except (pyarrow.ArrowException, UnicodeDecodeError) as error:
        raise JobFailed("source_unreadable", f"The list is no Parquet file: {error}.") from error


def _no_column(column: str, names: list[str]) -> JobFailed:
    found = ", ".join(map(repr, names[:20]))
    return JobFailed("column_not_found", f"The list has no column {column!r}. It has {found}.")
