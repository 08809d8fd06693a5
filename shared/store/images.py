"""Images of a collection: one, many, page by page, changed, deleted."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

from shared.domain.image import FileVersion, ImageFilter, ImageRow, IndexedFile, StoredImage
from shared.errors import InvalidRequest, image_not_found
from shared.retry import Retriable, repeatable
from shared.store.client import MilvusConnection
from shared.store.expressions import and_, in_, quote
from shared.store.filters import filter_expression, matches
from shared.store.homes import Homes
from shared.store.image_writer import keep_vectors
from shared.store.regions import Held, delete_images
from shared.store.rows import Row, check_labels, to_row
from shared.store.schema import MAX_WINDOW, SCALARS, VECTOR
from shared.store.time_pagination import Order, Pagination, Position, paginate

_LOOKUP_BATCH = 1000
_READ_BATCH = 1000
#: milvus-lite compares the whole column of ids for each batch, so few large batches are faster.
_URI_BATCH = 8000


class Images(Retriable):
    """Reads and changes rows. Methods raise NotFound `collection_not_found` and Unavailable."""

    def __init__(self, milvus: MilvusConnection) -> None:
        self._milvus = milvus
        self._homes = Homes(milvus)

    def get(self, collection: str, image: str) -> ImageRow:
        """One image. Raises NotFound `image_not_found`."""
        for strong in (False, True):
            # The second look finds it if it was written only a moment ago.
            if found := self.get_many(collection, [image], strong=strong):
                return found[image]
        raise image_not_found(image)

    @repeatable
    def get_many(
        self, collection: str, ids: Iterable[str], *, strong: bool = False
    ) -> dict[str, ImageRow]:
        """The images that exist of these, by id.

        `strong` sees every write that has returned, and so do all searches after it; without it,
        a server may miss the last seconds.
        """
        rows = self._lookup(collection, list(ids), SCALARS, strong)
        return {row["id"]: to_row(row) for row in rows}

    @repeatable
    def file_versions(
        self, collection: str, ids: Sequence[str], *, strong: bool
    ) -> dict[str, FileVersion]:
        """The versions of the files of the images that exist of these, by id."""
        rows = self._lookup(collection, ids, ("id", *FileVersion._fields), strong)
        return {row["id"]: FileVersion(row["bytes"], row["mtime_ns"], row["job"]) for row in rows}

    def page(
        self,
        collection: str,
        filter: ImageFilter,  # noqa: A002 - the word of the HTTP contract
        order: Order,
        cursor: str | None,
        limit: int,
    ) -> tuple[list[ImageRow], str | None]:
        """A page of images, and the cursor of the next one or None.

        `added_at` is oldest first, `-added_at` newest first, both then by id; by `taken_at`, images
        without one come last. Raises InvalidRequest `invalid_cursor`, `invalid_text`.
        """
        last = None if cursor is None else Position.of(cursor, order)
        if order == "id":
            after = last.id if last else ""
            rows = self._by_id(collection, filter_expression(filter), after, SCALARS, limit + 1)
            images = [to_row(row) for row in rows[:limit]]
            more = len(rows) > limit
            end = Position(images[-1].id) if more else Position("")
        else:
            positions = self._by_time(collection, filter, order).after(last, limit + 1)
            ids = [position.id for position in positions[:limit]]
            found = self.get_many(collection, ids)
            images = [found[image] for image in ids if image in found]
            more = len(positions) > limit
            end = positions[limit - 1] if more else Position("")
        return images, end.cursor(order) if more else None

    def update(
        self,
        collection: str,
        image: str,
        *,
        tags: Sequence[str] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> ImageRow:
        """Replace an image's tags or metadata; None leaves them.

        Raises NotFound `image_not_found`, InvalidRequest `invalid_labels`, `invalid_text`.
        """
        given = {"tags": None if tags is None else tuple(tags), "metadata": metadata}
        given = {name: value for name, value in given.items() if value is not None}
        return self.revise(collection, image, lambda row: row.model_copy(update=given))

    def revise(
        self, collection: str, image: str, change: Callable[[ImageRow], ImageRow]
    ) -> ImageRow:
        """Write what `change`, which may raise, makes of an image's stored row.

        Raises as `update`.
        """
        identity = self._homes.fresh(collection)
        row = change(self._stored(collection, image).row)
        check_labels(row.tags, row.metadata)
        keep_vectors(self._milvus, self._homes, identity, [row])
        return row

    @repeatable
    def get_stored(self, collection: str, image: str) -> StoredImage:
        """One image with its vector. Raises NotFound `image_not_found`."""
        return self._stored(collection, image)

    def _stored(self, collection: str, image: str) -> StoredImage:
        rows = self._lookup(collection, [image], (*SCALARS, VECTOR), strong=True)
        if not rows:
            raise image_not_found(image)
        return StoredImage(to_row(rows[0]), [float(x) for x in rows[0][VECTOR]])

    def delete(self, collection: str, ids: Iterable[str]) -> int:
        """Delete images; returns how many of them there were."""
        identity = self._homes.fresh(collection)
        found = self._lookup(collection, list(dict.fromkeys(ids)), ["id"], strong=True)
        delete_images(self._milvus, self._homes, identity, [row["id"] for row in found])
        return len(found)

    def delete_matching(
        self,
        collection: str,
        filter: ImageFilter,  # noqa: A002 - as in `page`
        on_deleting: Callable[[Sequence[ImageRow]], None] = lambda _: None,
        on_deleted: Callable[[Sequence[ImageRow]], None] = lambda _: None,
        lock: Callable[[Sequence[str]], AbstractContextManager[Held | None]] = lambda _: (
            nullcontext()
        ),
    ) -> int:
        """Delete the images that match a filter; returns how many.

        `on_deleting` is passed which before they are deleted, `on_deleted` after that.

        `lock` is entered for the ids of each batch, and left once its rows are deleted. It may end
        a RegionsLeft: the rows of the batch are gone.

        Raises InvalidRequest `empty_filter`, `invalid_text`.
        """
        if filter.empty:
            raise InvalidRequest(
                "empty_filter",
                "Name a tag, a path prefix or a filter; to forget all, drop the collection.",
            )
        generation = self._homes.fresh(collection).generation
        removed = 0
        for batch in self.iterate(collection, filter):
            ids = [row.id for row in batch]
            with lock(ids) as held:
                found = self.get_many(collection, ids, strong=True).values()
                rows = [row for row in found if matches(row, filter)]
                on_deleting(rows)
                gone, done = [row.id for row in rows], partial(on_deleted, rows)
                identity = self._homes.fresh(collection)
                identity.require_generation(generation)
                delete_images(self._milvus, self._homes, identity, gone, held=held, on_deleted=done)
            removed += len(rows)
        return removed

    def iterate(
        self,
        collection: str,
        filter: ImageFilter,  # noqa: A002 - as in `page`
    ) -> Iterator[Sequence[ImageRow]]:
        """All images that match a filter, by id, in batches."""
        expression, after = filter_expression(filter), ""
        while rows := self._by_id(collection, expression, after, SCALARS, _READ_BATCH):
            yield [to_row(row) for row in rows]
            after = rows[-1]["id"]

    @repeatable
    def list_uris(
        self,
        collection: str,
        filter: ImageFilter,  # noqa: A002 - as in `page`
        image: str,
    ) -> list[tuple[str, str]]:
        """The next ids and uris, by id, of images that match a filter; empty at the end."""
        rows = self._by_id(collection, filter_expression(filter), image, ("id", "uri"), _URI_BATCH)
        return [(row["id"], row["uri"]) for row in rows]

    @repeatable
    def of_sizes(self, collection: str, sizes: Collection[int]) -> list[IndexedFile] | None:
        """The rows whose files had one of these sizes; None if they are too many for a query."""
        expression, fields = f"bytes in {sorted(sizes)}", IndexedFile._fields
        rows = self._homes.query(collection, expression, fields, limit=MAX_WINDOW)
        if len(rows) == MAX_WINDOW:
            return None
        return [IndexedFile(*(row[name] for name in fields)) for row in rows]

    @repeatable
    def count(
        self,
        collection: str,
        filter: ImageFilter,  # noqa: A002 - as in `page`
    ) -> int:
        """How many images match a filter, after every write that has returned."""
        return self._homes.count(collection, filter_expression(filter))

    def _lookup(
        self, collection: str, ids: Sequence[str], fields: Sequence[str], strong: bool
    ) -> list[Row]:
        found: list[Row] = []
        for start in range(0, len(ids), _LOOKUP_BATCH):
            expression = in_("id", ids[start : start + _LOOKUP_BATCH])
            found += self._homes.query(collection, expression, fields, strong=strong)
        return found

    def _by_id(
        self, collection: str, expression: str, after: str, fields: Sequence[str], limit: int
    ) -> list[Row]:
        wanted = and_(expression, f"id > {quote(after)}")
        return self._homes.query(collection, wanted, fields, limit=limit, ordered=True)

    def _by_time(
        self,
        collection: str,
        filter: ImageFilter,  # noqa: A002 - as in `page`
        order: Order,
    ) -> Pagination:
        def query(wanted: str, fields: Sequence[str], limit: int, ordered: bool) -> list[Row]:
            return self._homes.query(collection, wanted, fields, limit=limit, ordered=ordered)

        def count() -> int:
            return self._homes.count(collection, strong=False)

        return paginate(query, count, filter_expression(filter), order)
