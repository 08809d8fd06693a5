"""The nearest images to many vectors at once, and all images one batch after the other."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.domain.facts import FACTS_KEY
from shared.domain.image import IndexedFile
from shared.retry import Retriable, repeatable
from shared.store.client import READ_SECONDS, MilvusConnection
from shared.store.expressions import in_, quote
from shared.store.facts import load_pixel_hash
from shared.store.generations import partition_of
from shared.store.homes import Homes
from shared.store.indexes import search_params
from shared.store.ranking import score_of
from shared.store.rows import Row
from shared.store.schema import METRIC, VECTOR

_CONTENTS_BATCH = 8000
#: Rows that are read with their vectors, or with their metadata of up to 64 KiB.
_ROWS_BATCH = 1000


class StoredVectors(NamedTuple):
    """Images with their contents' SHA-256, and their vectors: float32 of shape (images, 512)."""

    ids: Sequence[str]
    sha256s: Sequence[str]
    vectors: NDArray[np.float32]


class Neighbour(NamedTuple):
    """An image that is near to a vector. `score` is their cosine."""

    id: str
    sha256: str
    score: float


class Neighbours(Retriable):
    """Reads vectors, and searches by many of them in one call.

    Methods raise NotFound `collection_not_found`, and Unavailable.
    """

    def __init__(self, milvus: MilvusConnection) -> None:
        self._milvus = milvus
        self._homes = Homes(milvus)

    @repeatable
    def vectors_after(self, collection: str, image: str, limit: int) -> StoredVectors:
        """The next `limit` images by id, with their vectors; none at the end."""
        rows = self._after(collection, image, ("id", "sha256", VECTOR), limit)
        vectors = np.array([row[VECTOR] for row in rows], dtype=np.float32)
        return StoredVectors([row["id"] for row in rows], [row["sha256"] for row in rows], vectors)

    @repeatable
    def contents_after(self, collection: str, image: str) -> Sequence[tuple[str, str]]:
        """The next images by id, each with its content's SHA-256; none at the end."""
        rows = self._after(collection, image, ("id", "sha256"), _CONTENTS_BATCH)
        return [(row["id"], row["sha256"]) for row in rows]

    @repeatable
    def files_after(self, collection: str, image: str) -> Sequence[IndexedFile]:
        """The files of the next images by id; none at the end."""
        rows = self._after(collection, image, IndexedFile._fields, _CONTENTS_BATCH)
        return [IndexedFile(*(row[name] for name in IndexedFile._fields)) for row in rows]

    @repeatable
    def contents_in(self, rows: str, image: str) -> Sequence[tuple[str, str]]:
        """As `contents_after`, of the Milvus collection that an edition's rows are in."""
        found = self._milvus.query(
            rows, f"id > {quote(image)}", ("id", "sha256"), limit=_CONTENTS_BATCH, ordered=True
        )
        return [(row["id"], row["sha256"]) for row in found]

    @repeatable
    def vectors_of(self, collection: str, ids: Sequence[str]) -> dict[str, Sequence[float]]:
        """The vectors of the images that there are of these, by id."""
        found: dict[str, Sequence[float]] = {}
        for start in range(0, len(ids), _ROWS_BATCH):
            wanted = in_("id", ids[start : start + _ROWS_BATCH])
            rows = self._homes.query(collection, wanted, ("id", VECTOR))
            found |= {row["id"]: row[VECTOR] for row in rows}
        return found

    @repeatable
    def pixel_hashes_of(self, collection: str, ids: Sequence[str]) -> dict[str, str]:
        """The hashes of the pixels of those of these images that have one, by id."""
        found: dict[str, str] = {}
        for start in range(0, len(ids), _ROWS_BATCH):
            wanted = in_("id", ids[start : start + _ROWS_BATCH])
            for row in self._homes.query(collection, wanted, ("id", "metadata")):
                pixel_hash = load_pixel_hash(row["metadata"].get(FACTS_KEY))
                if pixel_hash is not None:
                    found[row["id"]] = pixel_hash
        return found

    @repeatable
    def nearest(
        self,
        collection: str,
        generation: str,
        vectors: NDArray[np.float32],
        limit: int,
        *,
        without: Iterable[str] = (),
        rows: str | None = None,
    ) -> list[list[Neighbour]]:
        """Up to `limit` images near each vector, the nearest first.

        `vectors` are of shape (queries, 512); `without` are contents, by SHA-256, to leave out.
        `rows` are those of the identity that the vectors were made for, in case there are others
        by now.
        """
        excluded = list(without)
        expression = f"not ({in_('sha256', excluded)})" if excluded else ""
        searched = rows or self._homes.known(collection).rows
        found: Sequence[Sequence[Any]] = self._milvus.run(
            lambda client: client.search(
                searched,
                data=vectors.tolist(),
                anns_field=VECTOR,
                filter=expression,
                limit=limit,
                output_fields=["id", "sha256"],
                search_params={"metric_type": METRIC, "params": search_params(limit)},
                partition_names=[partition_of(generation)],
                timeout=READ_SECONDS,
            ),
            searched,
        )
        return [[_neighbour(hit) for hit in hits] for hits in found]

    def _after(self, collection: str, image: str, fields: Sequence[str], limit: int) -> list[Row]:
        expression = f"id > {quote(image)}"
        return self._homes.query(collection, expression, fields, limit=limit, ordered=True)


def _neighbour(hit: Any) -> Neighbour:
    return Neighbour(hit["id"], hit["entity"]["sha256"], score_of(hit["distance"]))
