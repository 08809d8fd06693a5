"""Indexes that are mapped from their files and not read: a million rows open without them.

Their pages are the system's to drop when memory is short.
"""

import os
from typing import Self

import faiss
from milvus_lite.index.faiss_hnsw import FaissHnswIndex


class MappedHnswIndex(FaissHnswIndex):
    """As `FaissHnswIndex`; what is loaded, and never changes, stays in the file."""

    @classmethod
    def load(cls, path: str, metric: str, dim: int) -> Self:
        """Map an index. Raises RuntimeError for a torn file, ValueError for another dimension."""
        _read_ahead(path)
        index = faiss.read_index(path, faiss.IO_FLAG_MMAP_IFC)
        if index.d != dim:
            raise ValueError(f"loaded HNSW index dim {index.d} != expected dim {dim}")
        return cls(index, metric, int(index.ntotal), dim)


def _read_ahead(path: str) -> None:
    """Have the system read the file meanwhile, in order; searches would read it page by page."""
    advise = getattr(os, "posix_fadvise", None)
    if advise is None:
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        advise(descriptor, 0, 0, os.POSIX_FADV_WILLNEED)
    finally:
        os.close(descriptor)
