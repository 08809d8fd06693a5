"""Merges small segments without holding up writes or reads meanwhile."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from milvus_lite.constants import MAX_SEGMENT_ROWS
from milvus_lite.engine.compaction import CompactionManager
from milvus_lite.storage.data_file import read_data_file, write_data_file
from milvus_lite.storage.snapshots import snapshot_references

from deploy.local.embedded_milvus.segment import CompactSegment

_log = logging.getLogger(__name__)


class Merge(NamedTuple):
    """Files of a partition, and the segments that hold their rows from now on, by their files."""

    partition: str
    inputs: Sequence[str]
    outputs: dict[str, CompactSegment]


class BackgroundCompaction(CompactionManager):
    """As `CompactionManager`, which holds the collection's lock from the first file to the last.

    `load` makes a segment of a new file, with its indexes; `commit` puts it in the place of its
    inputs. Only `commit` runs under the lock.
    """

    def __init__(
        self,
        data_dir: str,
        schema: Any,
        lock: AbstractContextManager[Any],
        load: Callable[[str, str], CompactSegment],
        commit: Callable[[Merge], None],
    ) -> None:
        super().__init__(data_dir, schema)
        self._lock, self._load, self._commit = lock, load, commit

    def _compact_files(
        self,
        partition: str,
        partition_dir: str,
        files_to_compact: list[str],
        manifest: Any,
        delta_index: Any,
    ) -> None:
        with self._lock:
            deleted = delta_index.frozen_copy()
        merged = self._merged(partition_dir, files_to_compact, deleted)
        outputs: dict[str, CompactSegment] = {}
        for start in range(0, merged.num_rows, MAX_SEGMENT_ROWS):
            part = merged.slice(start, MAX_SEGMENT_ROWS)
            seqs = part.column("_seq")
            first, last = self._pick_unique_seq_range(
                partition_dir, pc.min(seqs).as_py(), pc.max(seqs).as_py()
            )
            file = write_data_file(part, partition_dir, seq_min=first, seq_max=last)
            outputs[file] = self._load(partition, file)
        with self._lock:
            manifest.remove_data_files(partition, files_to_compact)
            for file in outputs:
                manifest.add_data_file(partition, file)
            manifest.save()
            self._commit(Merge(partition, files_to_compact, outputs))
        _log.info("segments_merged inputs=%d rows=%d", len(files_to_compact), merged.num_rows)
        self._remove(partition, partition_dir, files_to_compact)

    def _merged(self, partition_dir: str, files: Sequence[str], deleted: Any) -> pa.Table:
        tables = [read_data_file(str(Path(partition_dir, file))) for file in files]
        latest = self._filter_deleted(self._dedup_max_seq(pa.concat_tables(tables)), deleted)
        return latest.sort_by("_seq")

    def _remove(self, partition: str, partition_dir: str, files: Sequence[str]) -> None:
        """Delete the inputs; what a crash leaves here is removed when the collection is opened."""
        pinned = snapshot_references(self._data_dir)[0].get(partition, set())
        for file in files:
            if file in pinned:
                continue
            try:
                Path(partition_dir, file).unlink()
            except OSError as error:
                _log.warning("segment_removal_failed file=%s error=%s", file, error)

    def _gc_tombstones(self, manifest: Any, delta_index: Any) -> int:
        with self._lock:
            removed: int = super()._gc_tombstones(manifest, delta_index)
        return removed
