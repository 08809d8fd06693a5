"""A write-ahead log of milvus-lite that takes each record as a whole or not at all.

milvus-lite 3.2 leaves the written part of a record that its disk refuses, goes on behind it, and
acknowledges what its recovery never reads, as that ends at the first record that is torn.
"""

import io
import logging
import os
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
from milvus_lite.constants import SEQ_FORMAT_WIDTH, WAL_DATA_TEMPLATE, WAL_DELTA_TEMPLATE
from milvus_lite.storage.wal import WAL

_log = logging.getLogger(__name__)


class RecordFile(io.RawIOBase):
    """A file whose `flush` writes all that came since the last one, or raises and keeps nothing."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self._unwritten = bytearray()
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        taken = bytes(data)
        self._unwritten += taken
        return len(taken)

    def flush(self) -> None:
        """Raises OSError when the file could not take it; the file is then as it was."""
        record, self._unwritten = memoryview(bytes(self._unwritten)), bytearray()
        rest = record
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._cut()
            raise
        self._size += len(record)

    def forget(self) -> int:
        """Leave out what came since the last flush; the bytes that are left.

        Of 0, the next record needs a new writer, as the schema goes before the first one.
        """
        self._unwritten.clear()
        return self._size

    def tell(self) -> int:
        return self._size + len(self._unwritten)

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        super().close()
        self._file.close()

    def _cut(self) -> None:
        try:
            self._file.truncate(self._size)
            self._file.seek(self._size)
        except OSError as error:
            _end(error)


class RecordLog(WAL):
    """As `WAL`; a write that raises has left nothing in the log."""

    _data_writer: pa.ipc.RecordBatchStreamWriter | None
    _delta_writer: pa.ipc.RecordBatchStreamWriter | None
    _data_sink: RecordFile | None
    _delta_sink: RecordFile | None

    def write_insert(self, record_batch: pa.RecordBatch) -> None:
        if self._data_writer is None or self._data_sink is None:
            self._data_sink = self._open(WAL_DATA_TEMPLATE)
            self._data_writer = pa.ipc.new_stream(self._data_sink, self._wal_data_schema)
        try:
            super().write_insert(record_batch)
        except BaseException:
            if self._data_sink.forget() == 0:
                self._data_writer = None
            raise

    def write_delete(self, record_batch: pa.RecordBatch) -> None:
        if self._delta_writer is None or self._delta_sink is None:
            self._delta_sink = self._open(WAL_DELTA_TEMPLATE)
            self._delta_writer = pa.ipc.new_stream(self._delta_sink, self._wal_delta_schema)
        try:
            super().write_delete(record_batch)
        except BaseException:
            if self._delta_sink.forget() == 0:
                self._delta_writer = None
            raise

    def close_and_delete(self) -> None:
        """As `WAL.close_and_delete`, without the end marks of files that it deletes.

        A full disk would refuse them.
        """
        self._data_writer = self._delta_writer = None
        super().close_and_delete()

    def _open(self, template: str) -> RecordFile:
        name = template.format(n=self._number, w=SEQ_FORMAT_WIDTH)
        return RecordFile(Path(self.wal_dir, name))


def _end(error: OSError) -> NoReturn:
    """End this process: what it would write behind a torn record would be lost."""
    _log.critical("milvus_log_torn error=%s effect=this process ends", error)
    # Without farewells: closing the log would write to it.
    os._exit(os.EX_IOERR)
