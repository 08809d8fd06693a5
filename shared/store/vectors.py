"""Vectors of a collection, read one batch after the other."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from shared.retry import Retriable, repeatable
from shared.store.client import MilvusConnection
from shared.store.expressions import quote
from shared.store.schema import VECTOR

_BATCH = 1000


class VectorBatch(NamedTuple):
    """Vectors, float32 (n, 512), with the ids and contents of their images."""

    ids: tuple[str, ...]
    sha256s: tuple[str, ...]
    vectors: npt.NDArray[np.float32]


class Vectors(Retriable):
    """Reads vectors. Methods raise NotFound `collection_not_found` and Unavailable."""

    def __init__(self, milvus: MilvusConnection) -> None:
        self._milvus = milvus

    @repeatable
    def after(self, collection: str, image: str, limit: int = _BATCH) -> VectorBatch | None:
        """The next vectors by id, a thousand at most; None at the end.

        Ids are hashes of uris, so the first n images by id are a random sample of the collection.
        """
        rows = self._milvus.query(
            collection,
            f"id > {quote(image)}",
            ("id", "sha256", VECTOR),
            limit=min(limit, _BATCH),
            ordered=True,
        )
        if not rows:
            return None
        return VectorBatch(
            tuple(row["id"] for row in rows),
            tuple(row["sha256"] for row in rows),
            np.asarray([row[VECTOR] for row in rows], np.float32),
        )
