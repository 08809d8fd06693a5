"""The nearest rows to some vectors, by cosine."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import faiss
import numpy as np
import numpy.typing as npt
from milvus_lite.index.faiss_hnsw import FaissHnswIndex

from deploy.local.embedded_milvus.segment import Vectors, reciprocal_norms
from deploy.local.embedded_milvus.sources import Mask, Source, Visible

#: Up to this share of a segment, or this many rows, the rows that a filter leaves are compared one
#: by one: HNSW then walks past too many others to find them, and may miss some.
_FEW_SHARE, _FEW_ROWS = 0.05, 2000
_CORES = len(os.sched_getaffinity(0))
#: FAISS shares the queries of a call among the cores, but not one query's segments.
_threads = ThreadPoolExecutor(_CORES, "nearest")


class Found(NamedTuple):
    """Rows of one source for each query: int64 and float32 of shape (queries, k), -1 for none.

    A distance is 1 - cosine.
    """

    rows: npt.NDArray[np.int64]
    distances: Vectors


class Place(NamedTuple):
    """A row, by the number of its source."""

    distance: float
    source: int
    row: int


def nearest(
    visible: Sequence[Visible],
    masks: Sequence[Mask | None],
    queries: Vectors,
    k: int,
    parameters: Mapping[str, Any],
) -> list[list[Place]]:
    """The `k` nearest of all sources for each query; equals by source, then by row.

    `masks` are those of a filter, None without one. `queries` are float32 of shape (queries,
    dimension), of any length.
    """
    unit = np.ascontiguousarray(queries * reciprocal_norms(queries)[:, None])

    def search(source: Visible, mask: Mask | None) -> Found:
        return _search(source, mask, unit, k, parameters)

    at_once = len(unit) < _CORES and sum(not v.source.exact for v in visible) > 1
    each = _threads.map if at_once else map
    found = list(enumerate(each(search, visible, masks)))
    return [_merged(found, query, k) for query in range(len(queries))]


def _merged(found: Sequence[tuple[int, Found]], query: int, k: int) -> list[Place]:
    if not found:
        return []
    rows = np.concatenate([f.rows[query] for _, f in found])
    distances = np.concatenate([f.distances[query] for _, f in found])
    sources = np.concatenate([np.full(f.rows.shape[1], number) for number, f in found])
    order = np.lexsort((rows, sources, distances))
    order = order[rows[order] >= 0][:k]
    return [Place(float(distances[i]), int(sources[i]), int(rows[i])) for i in order]


def _search(
    visible: Visible, filtered: Mask | None, unit: Vectors, k: int, parameters: Mapping[str, Any]
) -> Found:
    source, mask, whole = visible
    if filtered is not None:
        mask, whole = mask & filtered, False
    if source.exact:
        return _exact(source, None if whole else np.flatnonzero(mask), unit, k)
    if not whole:
        left = int(np.count_nonzero(mask))
        if left <= max(_FEW_ROWS, _FEW_SHARE * source.num_rows):
            return _exact(source, np.flatnonzero(mask), unit, k)
    if isinstance(source.index, FaissHnswIndex):
        return _hnsw(source.index, None if whole else mask, unit, k, parameters)
    index: Any = source.index
    rows, distances = index.search(
        unit, k, valid_mask=None if whole else mask, params=dict(parameters)
    )
    return Found(rows, distances)


def _exact(source: Source, wanted: npt.NDArray[np.int64] | None, unit: Vectors, k: int) -> Found:
    vectors, reciprocals = source.vectors, source.reciprocals
    if wanted is not None:
        vectors, reciprocals = vectors[wanted], reciprocals[wanted]
    distances = _distances((unit @ vectors.T) * reciprocals)
    rows = np.full((len(unit), k), -1, dtype=np.int64)
    best = np.full((len(unit), k), np.inf, dtype=np.float32)
    for query, row_distances in enumerate(distances):
        order = _smallest(row_distances, k)
        rows[query, : len(order)] = order if wanted is None else wanted[order]
        best[query, : len(order)] = row_distances[order]
    return Found(rows, best)


def _smallest(distances: Vectors, k: int) -> npt.NDArray[np.int64]:
    """The places of the `k` smallest, in order; of equals the first ones."""
    if k < len(distances):
        border = np.partition(distances, k - 1)[k - 1]
        candidates = np.flatnonzero(distances <= border)
    else:
        candidates = np.arange(len(distances))
    return candidates[np.argsort(distances[candidates], kind="stable")][:k]


def _hnsw(
    index: FaissHnswIndex,
    mask: Mask | None,
    unit: Vectors,
    k: int,
    parameters: Mapping[str, Any],
) -> Found:
    """FAISS's own search, with the parameters of this call only and a bit for each row."""
    ef = int(parameters.get("ef", 64))
    if mask is None:
        arguments = faiss.SearchParametersHNSW(efSearch=ef)
    else:
        selector = faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))
        arguments = faiss.SearchParametersHNSW(sel=selector, efSearch=ef)
    cosines, rows = index._index.search(unit, k, params=arguments)
    absent = (rows < 0) | (cosines <= -1e30)
    return Found(np.where(absent, -1, rows), _distances(cosines))


def _distances(cosines: Vectors) -> Vectors:
    return (1.0 - cosines.astype(np.float64)).astype(np.float32)
