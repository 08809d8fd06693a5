"""Flushes, compactions and index builds that hold up neither reads nor writes for long."""

import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
from milvus_lite.engine.collection import Collection
from milvus_lite.engine.flush import execute_flush

from deploy.local.embedded_milvus.compaction import BackgroundCompaction, Merge
from deploy.local.embedded_milvus.memtable import ArrayMemTable
from deploy.local.embedded_milvus.record_log import RecordLog
from deploy.local.embedded_milvus.segment import CompactSegment
from deploy.local.embedded_milvus.sources import Sources

_log = logging.getLogger(__name__)

#: Building indexes gives way to reads and writes: the niceness of its thread, and of FAISS's.
_NICENESS = 10
#: Segments that are read at once when a collection is opened; each takes a gigabyte meanwhile.
_READERS = 2


class Maintenance(Collection):
    """Keeps `Sources` while rows move from memtable to segment to larger segment."""

    _writing: threading.RLock
    _memtable: ArrayMemTable
    _wal: RecordLog

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._sources = Sources()
        self._opened = False
        super().__init__(*arguments, **named)

    @cached_property
    def _plain(self) -> bool:
        """Whether the schema has one dense vector and nothing that reads would have to expand."""
        schema = self._schema
        return (
            self._vector_name is not None
            and self._partition_key_field is None
            and not schema.enable_dynamic_field
            and not schema.functions
            and not any(f.nullable and f.name == self._vector_name for f in schema.fields)
        )

    def drop_partition(self, partition_name: str) -> None:
        with self._writing:
            super().drop_partition(partition_name)
            self._sources.begin(self._memtable, self._segments(), self._delta_index.snapshot)

    def _refresh_segment_cache(self) -> None:
        if not self._opened:
            self._read_segments()
        super()._refresh_segment_cache()
        if not self._opened:
            self._opened = True
            self._sources.begin(self._memtable, self._segments(), self._delta_index.snapshot)

    def _read_segments(self) -> None:
        """Read all segments, some at once: decoding a file's vectors keeps one core busy."""
        files = [
            (partition, file)
            for partition, files in self._manifest.get_all_data_files().items()
            for file in files
            if self._file(partition, file).exists()
        ]
        with ThreadPoolExecutor(_READERS) as threads:
            segments = threads.map(lambda file: self._load_segment(*file), files)
            self._segment_cache.update(zip(files, segments, strict=True))

    def _file(self, partition: str, file: str) -> Path:
        return Path(self._data_dir, "partitions", partition, file)

    def _load_segment(self, partition: str, file: str) -> CompactSegment:
        path = str(self._file(partition, file))
        segment = CompactSegment.load(path, partition, self._pk_name, self._vector_name)
        # What Arrow needed to decode it, which is more than it is, and what this thread's heap has.
        pa.default_memory_pool().release_unused()
        return segment

    def _segments(self) -> list[CompactSegment]:
        return list(self._segment_cache.values())

    def _trigger_flush(self) -> None:
        """Write the memtable to a segment. Reads see its rows all the time.

        If it fails (a full disk), the memtable and its log stay as they were.
        """
        with self._writing:
            frozen, log = self._memtable, self._wal
            self._memtable = ArrayMemTable(self._schema)
            self._wal = RecordLog(
                wal_dir=log.wal_dir,
                wal_data_schema=self._wal_data_schema,
                wal_delta_schema=self._wal_delta_schema,
                wal_number=log.number + 1,
            )
            self._sources.freeze(self._memtable)
            try:
                with self._maintenance_lock:
                    self._flush(frozen, log)
            except BaseException:
                self._memtable = frozen
                if not log._closed:
                    self._wal = log
                self._sources.thaw()
                raise
        self._schedule_bg_maintenance()

    def _flush(self, frozen: ArrayMemTable, log: RecordLog) -> None:
        before = {id(segment) for segment in self._segments()}
        execute_flush(
            frozen_memtable=frozen,
            frozen_wal=log,
            data_dir=self._data_dir,
            schema=self._schema,
            manifest=self._manifest,
            delta_index=self._delta_index,
            new_wal_number=log.number + 1,
        )
        self._recovered_wal_bytes = 0
        self._refresh_segment_cache()
        self._sources.flushed(s for s in self._segments() if id(s) not in before)

    def _bg_compact_and_index(self) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        compaction = BackgroundCompaction(
            self._data_dir, self._schema, self._maintenance_lock, self._load_merged, self._commit
        )
        try:
            for partition in self._manifest.list_partitions():
                compaction.maybe_compact(partition, self._manifest, self._delta_index)
            with self._maintenance_lock:
                self._cleanup_orphan_index_files()
            self._ensure_loaded_segments_indexed()
        except Exception:  # noqa: BLE001 - as in milvus-lite, the next flush tries again
            _log.exception("maintenance_failed collection=%s", self._name)

    def _load_merged(self, partition: str, file: str) -> CompactSegment:
        """A segment of a new file, with the indexes that a loaded collection has."""
        segment = self._load_segment(partition, file)
        if self._load_state == "loaded":
            for spec in tuple(self._index_specs.values()):
                self._build_or_load_segment_index(segment, spec)
        return segment

    def _commit(self, merge: Merge) -> None:
        removed = [self._segment_cache.pop((merge.partition, file)) for file in merge.inputs]
        for file, segment in merge.outputs.items():
            self._segment_cache[merge.partition, file] = segment
        self._sources.compacted(removed, list(merge.outputs.values()))
