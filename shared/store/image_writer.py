"""Writing rows: always as upserts, so that a file is one row however often it is written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from shared.domain.collection import CollectionIdentity
from shared.domain.image import ImageRow, IndexedFile, StoredImage
from shared.retry import Retriable, repeatable
from shared.store.client import MilvusConnection
from shared.store.editions import Place, places, require_vectors, write_all
from shared.store.expressions import in_
from shared.store.generations import partition_of
from shared.store.homes import Homes
from shared.store.regions import Held, delete_images
from shared.store.rows import Row, row_fields, to_row
from shared.store.schema import MAX_WINDOW, SCALARS, VECTOR

T = TypeVar("T")
Vector = Sequence[float] | npt.NDArray[np.float32]

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
        self._homes = Homes(milvus)

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
        Raises EditionChanged where the collection is being encoded anew.
        """
        identity = self._identity(collection, generation)
        by_id = {row.id: vector for row, vector in zip(rows, vectors, strict=True)}
        self.write(identity, rows, {identity.fingerprint: by_id})

    @repeatable
    def write(
        self,
        identity: CollectionIdentity,
        rows: Sequence[ImageRow],
        vectors: Mapping[str, Mapping[str, Vector]],
    ) -> None:
        """Write rows to each edition of a collection, as it was read under the rows' locks.

        `vectors` are as `require_vectors` has them, 512 floats each. A row without one for the next
        edition is deleted from that. Raises EditionChanged.
        """
        require_vectors(identity, [row.id for row in rows], vectors)
        partition = partition_of(identity.generation)
        fields = {row.id: row_fields(row) for row in rows}

        def write(place: Place) -> None:
            found = vectors[place.fingerprint]
            latest = [
                {**fields[image], VECTOR: np.asarray(found[image], dtype=np.float32)}
                for image in fields
                if image in found
            ]
            for batch in _batches(latest, _BATCH):
                self._milvus.upsert(place.rows, batch, partition)
            if unknown := [image for image in fields if image not in found]:
                self._milvus.delete(place.rows, unknown, partition)

        write_all(self._homes, identity, write)

    @repeatable
    def put_beside(
        self,
        identity: CollectionIdentity,
        rows: Sequence[ImageRow],
        vectors: Mapping[str, Vector],
        gone: Sequence[str] = (),
    ) -> None:
        """Write rows to the next edition alone, and delete those there that are `gone`.

        `vectors` as of `write`, by id. To be called for a collection that is encoded anew.
        """
        place, partition = places(identity)[0], partition_of(identity.generation)
        made = [
            {**row_fields(row), VECTOR: np.asarray(vectors[row.id], dtype=np.float32)}
            for row in rows
        ]
        for batch in _batches(made, _BATCH):
            self._milvus.upsert(place.rows, batch, partition)
        self._milvus.delete(place.rows, gone, partition)

    @repeatable
    def update_keeping_vector(
        self, collection: str, rows: Sequence[ImageRow], generation: str | None = None
    ) -> None:
        """Replace stored rows but for their vectors. Rows that are not stored are ignored."""
        identity = self._identity(collection, generation)
        for batch in _batches(rows, _BATCH):
            keep_vectors(self._milvus, self._homes, identity, batch)

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
        return self._homes.read(collection, partial(self.stored_in, ids=ids))

    @repeatable
    def stored_in(self, identity: CollectionIdentity, ids: Sequence[str]) -> dict[str, StoredImage]:
        """As `stored`, of the edition that a collection had when it was read."""
        found: dict[str, StoredImage] = {}
        for batch in _batches(list(ids), _BATCH):
            fields = (*SCALARS, VECTOR)
            for row in self._milvus.query(identity.rows, in_("id", batch), fields, strong=True):
                found[row["id"]] = StoredImage(to_row(row), row[VECTOR], identity.fingerprint)
        return found

    @repeatable
    def contents_beside(self, identity: CollectionIdentity, ids: Sequence[str]) -> dict[str, str]:
        """The contents' SHA-256 of the rows that the next edition has of these, by id.

        Sees every write that has returned.
        """
        found: dict[str, str] = {}
        for batch in _batches(list(ids), _LOOKUP_BATCH):
            rows = self._milvus.query(
                places(identity)[0].rows, in_("id", batch), ("id", "sha256"), strong=True
            )
            found |= {row["id"]: row["sha256"] for row in rows}
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
        identity = self._identity(collection, generation)
        delete_images(self._milvus, self._homes, identity, ids, held=held, on_deleted=on_deleted)

    def _identity(self, collection: str, generation: str | None) -> CollectionIdentity:
        identity = self._homes.fresh(collection)
        identity.require_generation(generation)
        return identity

    def _with_contents(self, collection: str, sha256s: Sequence[str]) -> list[Row]:
        def ask(wanted: Sequence[str], limit: int) -> list[Row]:
            expression = in_("sha256", wanted)
            fields = IndexedFile._fields
            return self._homes.query(collection, expression, fields, limit=limit, strong=True)

        rows = ask(sha256s, MAX_WINDOW)
        if len(rows) < MAX_WINDOW:
            return rows
        # The limit cut the answer, which may lack some contents: ask for one at a time.
        return [row for sha256 in sha256s for row in ask([sha256], _COPIES)]


def keep_vectors(
    milvus: MilvusConnection,
    homes: Homes,
    identity: CollectionIdentity,
    rows: Sequence[ImageRow],
) -> None:
    """Replace the rows that are stored of these in each edition, but for their vectors."""
    wanted = {row.id: row_fields(row) for row in rows}

    def write(place: Place) -> None:
        stored = milvus.query(place.rows, in_("id", wanted), ["id", VECTOR], strong=True)
        found = [{**wanted[row["id"]], VECTOR: row[VECTOR]} for row in stored]
        if found:
            milvus.upsert(place.rows, found, partition_of(identity.generation))

    write_all(homes, identity, write)


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
