"""Writing rows: always as upserts, so that a file is one row however often it is written."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from shared.domain.image import ImageRow
from shared.settings import Settings
from shared.store.client import MilvusConnection
from shared.store.filters import in_
from shared.store.rows import Row, row_fields
from shared.store.schema import MAX_WINDOW, VECTOR

T = TypeVar("T")

#: Rows in one call: a vector takes 2 KiB, and a server takes 64 MiB.
_BATCH = 500
_LOOKUP_BATCH = 1000
#: How many of a content's copies are named where there are very many.
_COPIES = 100


class ImageWriter:
    """Writes to collections. Methods raise NotFound `collection_not_found` and Unavailable."""

    def __init__(self, settings: Settings) -> None:
        self._milvus = MilvusConnection(settings)

    def upsert(
        self,
        collection: str,
        rows: Sequence[ImageRow],
        vectors: Sequence[Sequence[float]] | npt.NDArray[np.float32],
    ) -> None:
        """Write rows with their vectors, float32 of shape (rows, 512).

        Rows of the same id replace what is there; of two in one call the last one counts.
        """
        latest = {
            row.id: {**row_fields(row), VECTOR: np.asarray(vector, dtype=np.float32)}
            for row, vector in zip(rows, vectors, strict=True)
        }
        for batch in _batches(list(latest.values()), _BATCH):
            self._milvus.upsert(collection, batch)

    def update_keeping_vector(self, collection: str, rows: Sequence[ImageRow]) -> None:
        """Replace stored rows by these, each keeping the vector it has. Rows gone stay gone."""
        for batch in _batches(rows, _BATCH):
            wanted = {row.id: row for row in batch}
            stored = self._milvus.query(collection, in_("id", wanted), ["id", VECTOR], strong=True)
            if stored:
                found = [wanted[row["id"]] for row in stored]
                self.upsert(collection, found, [row[VECTOR] for row in stored])

    def find_by_hash(
        self, collection: str, sha256s: Sequence[str]
    ) -> Mapping[str, tuple[str, ...]]:
        """The ids of images with these contents, by content; contents not there are left out.

        Where there are thousands of copies, a hundred of them stand for all.
        """
        found: dict[str, list[str]] = {}
        for batch in _batches(sorted(set(sha256s)), _LOOKUP_BATCH):
            for row in self._with_contents(collection, batch):
                found.setdefault(row["sha256"], []).append(row["id"])
        return {sha256: tuple(sorted(ids)) for sha256, ids in found.items()}

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete rows; ids without one are no error."""
        for batch in _batches(ids, _LOOKUP_BATCH):
            self._milvus.delete(collection, batch)

    def close(self) -> None:
        self._milvus.close()

    def _with_contents(self, collection: str, sha256s: Sequence[str]) -> list[Row]:
        def ask(wanted: Sequence[str], limit: int) -> list[Row]:
            expression = in_("sha256", wanted)
            fields = ["id", "sha256"]
            return self._milvus.query(collection, expression, fields, limit=limit, strong=True)

        rows = ask(sha256s, MAX_WINDOW)
        if len(rows) < MAX_WINDOW:
            return rows
        # Some content is there so often that it hides the others.
        return [row for sha256 in sha256s for row in ask([sha256], _COPIES)]


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
