"""Rows that match a filter: counted, or read in the order of the sources or of the keys."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from milvus_lite.search.indexed_filter import evaluate_segment_filter

from deploy.local.embedded_milvus.array_filters import evaluate
from deploy.local.embedded_milvus.lookup import Wanted
from deploy.local.embedded_milvus.segment import CompactSegment
from deploy.local.embedded_milvus.sources import Mask, Visible


class Filter(NamedTuple):
    """A compiled expression of milvus-lite, and how to evaluate it by scalar indexes, if any."""

    compiled: Any
    plan: Any
    wanted: Wanted | None = None

    def mask(self, visible: Visible) -> Mask:
        """Which rows of a source match, visible or not."""
        source = visible.source
        if self.plan is not None and source.scalar_indexes:
            return np.asarray(evaluate_segment_filter(source, self.compiled, self.plan), dtype=bool)
        if self.wanted is not None and isinstance(source, CompactSegment):
            rows = source.candidates(self.wanted)
            if rows is not None:
                mask = np.zeros(source.num_rows, dtype=bool)
                mask[rows[evaluate(self.compiled, source.table.take(pa.array(rows)))]] = True
                return mask
        return evaluate(self.compiled, source.table)


def matching(visible: Visible, wanted: Filter | None) -> Mask:
    """The visible rows of a source that match."""
    return visible.mask if wanted is None else visible.mask & wanted.mask(visible)


def count(snapshot: Sequence[Visible], wanted: Filter | None) -> int:
    """How many rows match."""
    return sum(int(np.count_nonzero(matching(visible, wanted))) for visible in snapshot)


def first(
    snapshot: Sequence[Visible], wanted: Filter | None, limit: int | None
) -> list[tuple[int, int]]:
    """The source and row of up to `limit` matching rows, in the order of the sources."""
    places: list[tuple[int, int]] = []
    for number, visible in enumerate(snapshot):
        left = None if limit is None else limit - len(places)
        if left == 0:
            break
        rows = np.flatnonzero(matching(visible, wanted))[:left]
        places += [(number, int(row)) for row in rows]
    return places


def first_by_key(
    snapshot: Sequence[Visible], wanted: Filter | None, limit: int | None, key: str
) -> list[tuple[int, int]]:
    """The source and row of up to `limit` matching rows, by primary key."""
    keys, sources, rows = [], [], []
    for number, visible in enumerate(snapshot):
        chosen = np.flatnonzero(matching(visible, wanted))
        column = visible.source.table.column(key).take(pa.array(chosen)).combine_chunks()
        if limit is not None and len(column) > limit:
            table = pa.table({"key": column})
            least = pc.select_k_unstable(table, limit, sort_keys=[("key", "ascending")])
            column, chosen = column.take(least), chosen[least.to_numpy()]
        keys.append(column)
        sources.append(np.full(len(chosen), number))
        rows.append(chosen)
    if not keys:
        return []
    merged = pa.chunked_array(keys).combine_chunks()
    order = pc.sort_indices(merged).to_numpy()[:limit]
    places = zip(np.concatenate(sources)[order], np.concatenate(rows)[order], strict=True)
    return [(int(source), int(row)) for source, row in places]
