"""Which rows of which segments and memtables a read sees, kept up to date with the writes.

milvus-lite finds the latest version of every row anew for each read. Here each segment has a mask
of its visible rows. A write to the memtable hides what it replaces; a flush keeps the masks; a
compaction carries them over.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deploy.local.embedded_milvus.memtable import ArrayMemTable, BufferedRows, Touched
from deploy.local.embedded_milvus.segment import CompactSegment

Mask = npt.NDArray[np.bool_]
Source = CompactSegment | BufferedRows


class Visible(NamedTuple):
    """A segment or the rows of a memtable, and which of its rows are the latest versions."""

    source: Source
    mask: Mask
    whole: bool

    @classmethod
    def of(cls, source: Source, mask: Mask) -> "Visible":
        return cls(source, mask, bool(mask.all()))

    def hiding(self, written: Iterable[Touched]) -> "Visible":
        """Without the rows that these writes replace or delete."""
        rows, seqs = self.source.pk_to_row, self.source.seqs
        hidden = [
            row
            for pk, seq in written
            if (row := rows.get(pk)) is not None and int(seqs[row]) <= seq and self.mask[row]
        ]
        if not hidden:
            return self
        # A copy: reads in progress keep the mask of their moment.
        mask = self.mask.copy()
        mask[hidden] = False
        return Visible(self.source, mask, False)


class Sources:
    """All methods may be called by any thread; a snapshot never changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._segments: dict[int, Visible] = {}
        self._frozen: ArrayMemTable | None = None
        self._active: ArrayMemTable | None = None
        self._older: list[Visible] = []
        self._seen = 0
        self._snapshot: list[Visible] | None = None

    def snapshot(self) -> Sequence[Visible]:
        """The segments, then the memtables, each with the rows that a read sees."""
        with self._lock:
            if self._active is None:
                return []
            if self._snapshot is None:
                self._older, self._seen = self._without_active(), 0
            written, rows = self._active.changes(self._seen)
            if written or self._snapshot is None:
                self._older = [visible.hiding(written) for visible in self._older]
                self._seen += len(written)
                active = Visible(rows, np.ones(rows.num_rows, dtype=bool), True)
                self._snapshot = [*self._older, active] if rows.num_rows else list(self._older)
            return self._snapshot

    def begin(
        self, active: ArrayMemTable, segments: Iterable[CompactSegment], deleted: Mapping[Any, int]
    ) -> None:
        """Find the visible rows of all segments.

        `deleted` holds the sequence number of the last deletion of each deleted key.
        """
        with self._lock:
            self._active, self._snapshot = active, None
            self._segments = {id(v.source): v for v in _latest(list(segments), deleted)}

    def freeze(self, active: ArrayMemTable) -> None:
        """Before a flush: writes go to a new memtable, reads see both."""
        with self._lock:
            self._frozen, self._active, self._snapshot = self._active, active, None

    def thaw(self) -> None:
        """After a flush that failed: the frozen memtable is the active one again."""
        with self._lock:
            self._active, self._frozen, self._snapshot = self._frozen, None, None

    def flushed(self, added: Iterable[CompactSegment]) -> None:
        """The frozen memtable's rows are in these segments."""
        with self._lock:
            if self._frozen is not None:
                written, _ = self._frozen.changes(0)
                self._segments = {k: v.hiding(written) for k, v in self._segments.items()}
            for segment in added:
                self._segments[id(segment)] = _whole(segment)
            self._frozen, self._snapshot = None, None

    def compacted(self, removed: Iterable[CompactSegment], added: Iterable[CompactSegment]) -> None:
        """Segments were merged: what was hidden in them is hidden in their successors."""
        with self._lock:
            hidden: dict[Any, int] = {}
            for segment in removed:
                visible = self._segments.pop(id(segment), None)
                for row in () if visible is None else np.flatnonzero(~visible.mask):
                    pk, seq = segment.pks[row], int(segment.seqs[row])
                    hidden[pk] = max(seq, hidden.get(pk, -1))
            for segment in added:
                self._segments[id(segment)] = _whole(segment).hiding(hidden.items())
            self._snapshot = None

    def _without_active(self) -> list[Visible]:
        older = list(self._segments.values())
        if self._frozen is not None:
            written, rows = self._frozen.changes(0)
            older = [visible.hiding(written) for visible in older]
            if rows.num_rows:
                older.append(Visible(rows, np.ones(rows.num_rows, dtype=bool), True))
        return older


def _whole(segment: CompactSegment) -> Visible:
    return Visible(segment, np.ones(segment.num_rows, dtype=bool), True)


def _latest(segments: Sequence[CompactSegment], deleted: Mapping[Any, int]) -> list[Visible]:
    """The segments with their visible rows; of two equal numbers, the first segment's row."""
    masks = [np.ones(segment.num_rows, dtype=bool) for segment in segments]
    latest: dict[Any, tuple[int, int, int]] = {}
    for number, segment in enumerate(segments):
        for row, (pk, seq) in enumerate(zip(segment.pks, segment.seqs.tolist(), strict=True)):
            known = latest.get(pk)
            if known is None or seq > known[0]:
                if known is not None:
                    masks[known[1]][known[2]] = False
                latest[pk] = seq, number, row
            else:
                masks[number][row] = False
    for pk, seq in deleted.items():
        known = latest.get(pk)
        if known is not None and known[0] < seq:
            masks[known[1]][known[2]] = False
    return [Visible.of(s, mask) for s, mask in zip(segments, masks, strict=True)]
