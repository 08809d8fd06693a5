"""Rows as Milvus has them, vectors and all: for copies of a collection that are exact."""

from collections.abc import Iterable, Sequence

import numpy as np

from shared.domain.collection import CollectionIdentity
from shared.errors import Conflict
from shared.retry import Retriable, repeatable
from shared.store.client import MilvusConnection
from shared.store.expressions import in_, quote
from shared.store.generations import partition_of, regions_of
from shared.store.properties import read_identity
from shared.store.rows import Row
from shared.store.schema import MAX_JSON_ROWS, SCALARS, VECTOR

#: A region's fields but for its vector.
REGION_SCALARS = ("id", "image", "region", "sha256")
#: Rows that one call reads.
READ_BATCH = MAX_JSON_ROWS
_WRITE_BATCH = 500
_DEFAULT_PARTITION = partition_of("")


class RowCopies(Retriable):
    """Reads and writes whole rows of one collection, and no other of its name.

    Methods raise NotFound `collection_not_found`, `collection_replaced`, and Unavailable.
    """

    def __init__(self, milvus: MilvusConnection) -> None:
        self._milvus = milvus

    @repeatable
    def images_after(self, target: CollectionIdentity, image: str) -> list[Row]:
        """The next thousand images by id; none at the end."""
        rows = self._after(target.rows, image, (*SCALARS, VECTOR))
        # Generations never return: if it has this one still, the rows are this one's.
        self._require(target)
        return rows

    @repeatable
    def regions_after(self, target: CollectionIdentity, region: str) -> list[Row]:
        """The next thousand regions by id; none at the end."""
        rows = self._after(regions_of(target.edition), region, (*REGION_SCALARS, VECTOR))
        self._require(target)
        return rows

    @repeatable
    def contents(self, target: CollectionIdentity, ids: Sequence[str]) -> dict[str, str]:
        """The SHA-256 of the content of each image that there is of a thousand; sees all writes."""
        rows = self._milvus.query(target.rows, in_("id", ids), ("id", "sha256"), strong=True)
        return {row["id"]: row["sha256"] for row in rows}

    @repeatable
    def regions_there(self, target: CollectionIdentity, ids: Sequence[str]) -> set[str]:
        """Which of a thousand regions there are; sees all writes."""
        regions = regions_of(target.edition)
        rows = self._milvus.query(regions, in_("id", ids), ("id",), strong=True)
        return {row["id"] for row in rows}

    @repeatable
    def write_images(self, target: CollectionIdentity, rows: Sequence[Row]) -> None:
        """Write rows of different ids, in place of those that are there.

        Raises Conflict `reencoding_unfinished` where the collection gets other vectors than these.
        """
        self._require_alone(target)
        for batch in _batches(rows):
            self._milvus.upsert(target.rows, batch, partition_of(target.generation))

    @repeatable
    def write_regions(self, target: CollectionIdentity, rows: Sequence[Row]) -> None:
        """As `write_images`."""
        self._require_alone(target)
        for batch in _batches(rows):
            self._milvus.upsert(regions_of(target.edition), batch, _DEFAULT_PARTITION)

    def _regions(self, target: CollectionIdentity) -> str:
        """What the regions are in. It goes before the collection does, when that is dropped."""
        self._require(target)
        return regions_of(target.edition)

    def _after(self, collection: str, after: str, fields: Sequence[str]) -> list[Row]:
        expression = f"id > {quote(after)}"
        rows = self._milvus.query(collection, expression, fields, limit=READ_BATCH, ordered=True)
        for row in rows:
            row[VECTOR] = np.asarray(row[VECTOR], dtype=np.float32)
        return rows

    def _require_alone(self, target: CollectionIdentity) -> None:
        found = read_identity(target.name, self._milvus.describe(target.name))
        found.require_generation(target.generation)
        if found.next is not None or found.edition != target.edition:
            raise Conflict(
                "reencoding_unfinished",
                "The collection is being encoded anew, or was meanwhile: rows with vectors as they "
                "were cannot be written into it.",
            )

    def _require(self, target: CollectionIdentity) -> None:
        found = read_identity(target.name, self._milvus.describe(target.name))
        found.require_generation(target.generation)


def _batches(rows: Sequence[Row]) -> Iterable[Sequence[Row]]:
    return (rows[start : start + _WRITE_BATCH] for start in range(0, len(rows), _WRITE_BATCH))
