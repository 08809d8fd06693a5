"""Writing rows: always as upserts, so that a file is one row however often it is written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from shared.domain.image import ImageRow, IndexedFile, StoredImage
from shared.retry import Retriable, repeatable
from shared.store.client import MilvusConnection
from shared.store.expressions import in_
from shared.store.generations import current_partition, partition_of
from shared.store.regions import Held, delete_images
from shared.store.rows import Row, row_fields, to_row
from shared.store.schema import MAX_WINDOW, SCALARS, VECTOR

T = TypeVar("T")

#: Rows in one call: a vector takes 2 KiB, and a server takes 64 MiB.
_BATCH = 500
_LOOKUP_BATCH = 1000
#: How many images of a content are returned if their number exceeds a query's limit.
_COPIES = 100


class ImageWriter(Retriable):
    """Writes to collections. Methods raise NotFound `collection_not_found` and Unavailable.

    Writes for a `generation` raise NotFound `collection_replaced` where the collection is another
    one of the same name by now; None stands for the one that it has when it is called.
    """

    def __init__(self, milvus: MilvusConnection) -> None:
        self._milvus = milvus

    @repeatable
    def upsert(
        self,
        collection: str,
        rows: Sequence[ImageRow],
        vectors: Sequence[Sequence[float]] | npt.NDArray[np.float32],
        generation: str | None = None,
    ) -> None:
        """Write rows with their vectors, float32 of shape (rows, 512).

        A row replaces the stored row of the same id; of two in one call the last one counts.
        """
        partition = self._partition(collection, generation)
        latest = {
            row.id: {**row_fields(row), VECTOR: np.asarray(vector, dtype=np.float32)}
            for row, vector in zip(rows, vectors, strict=True)
        }
        for batch in _batches(list(latest.values()), _BATCH):
            self._milvus.upsert(collection, batch, partition)

    @repeatable
    def update_keeping_vector(
        self, collection: str, rows: Sequence[ImageRow], generation: str | None = None
    ) -> None:
        """Replace stored rows but for their vectors. Rows that are not stored are ignored."""
        for batch in _batches(rows, _BATCH):
            wanted = {row.id: row for row in batch}
            stored = self._milvus.query(collection, in_("id", wanted), ["id", VECTOR], strong=True)
            if stored:
                found = [wanted[row["id"]] for row in stored]
                self.upsert(collection, found, [row[VECTOR] for row in stored], generation)

    @repeatable
    def find_by_hash(
        self, collection: str, sha256s: Sequence[str]
    ) -> Mapping[str, Sequence[IndexedFile]]:
        """The files of rows with these contents, by content, each in the order of its ids.

        Sees every write that has returned. If more rows match than a query returns, up to a
        hundred of each content are named.
        """
        found: dict[str, list[IndexedFile]] = {}
        for batch in _batches(sorted(set(sha256s)), _LOOKUP_BATCH):
            for row in self._with_contents(collection, batch):
                file = IndexedFile(*(row[name] for name in IndexedFile._fields))
                found.setdefault(file.sha256, []).append(file)
        return {sha256: sorted(files) for sha256, files in found.items()}

    @repeatable
    def stored(self, collection: str, ids: Sequence[str]) -> dict[str, StoredImage]:
        """The rows that exist of these, with their vectors. Sees every write that has returned."""
        found: dict[str, StoredImage] = {}
        for batch in _batches(list(ids), _BATCH):
            fields = (*SCALARS, VECTOR)
            for row in self._milvus.query(collection, in_("id", batch), fields, strong=True):
                found[row["id"]] = StoredImage(to_row(row), row[VECTOR])
        return found

    @repeatable
    def delete(
        self,
        collection: str,
        ids: Sequence[str],
        generation: str | None = None,
        *,
        held: Held | None = None,
        on_deleted: Callable[[], None] = lambda: None,
    ) -> None:
        """Delete rows, and their regions; an id without a row is no error.

        `held` and `on_deleted` as of `delete_images`. Raises RegionsLeft.
        """
        partition = self._partition(collection, generation)
        delete_images(self._milvus, collection, ids, partition, held=held, on_deleted=on_deleted)

    def _partition(self, collection: str, generation: str | None) -> str:
        if generation is None:
            return current_partition(self._milvus, collection)
        return partition_of(generation)

    def _with_contents(self, collection: str, sha256s: Sequence[str]) -> list[Row]:
        def ask(wanted: Sequence[str], limit: int) -> list[Row]:
            expression = in_("sha256", wanted)
            fields = IndexedFile._fields
            return self._milvus.query(collection, expression, fields, limit=limit, strong=True)

        rows = ask(sha256s, MAX_WINDOW)
        if len(rows) < MAX_WINDOW:
            return rows
        # The limit cut the answer, which may lack some contents: ask for one at a time.
        return [row for sha256 in sha256s for row in ask([sha256], _COPIES)]


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
