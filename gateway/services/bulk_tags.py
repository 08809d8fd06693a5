"""Changes of the tags of many images, by ids or by a filter."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from gateway.services.labels import WRITER
from shared.domain.filter import AnyOf, Condition, Filter
from shared.domain.image import MAX_TAGS, ImageFilter, ImageRow
from shared.domain.labels import retagged
from shared.errors import InvalidRequest
from shared.ledger import RowLock, RowLocks
from shared.log import get_logger
from shared.store import Collections, Images, ImageWriter, matches

_log = get_logger(__name__)

#: Images that one call changes.
MAX_AT_ONCE = 5000
#: Rows that are locked together: few, as no load writes one of them meanwhile.
BATCH = 100


class TagChange(NamedTuple):
    """Tags that images have afterwards, and tags that they have not."""

    add: Sequence[str]
    remove: Sequence[str]

    def apply(self, tags: Sequence[str]) -> tuple[str, ...]:
        """The tags of an image after the change, each once; those it had keep their order."""
        return retagged(tags, self.add, self.remove)

    def pending(self) -> Filter:
        """The images that the change would make other ones of."""
        lacking: list[Condition] = [
            Filter(must_not=(AnyOf(field="tags", any=(tag,)),)) for tag in self.add
        ]
        if self.remove:
            lacking.append(AnyOf(field="tags", any=tuple(self.remove)))
        return Filter.model_construct(must=(), should=tuple(lacking), must_not=())


class TagsChanged(NamedTuple):
    """How many images were changed, how many are still to be, and ids that there are not."""

    changed: int
    remaining: int
    missing: Sequence[str]


class BulkTags:
    """Changes tags under the rows' locks, so that no load and no client overwrites the change."""

    def __init__(
        self,
        collections: Collections,
        images: Images,
        writer: ImageWriter,
        row_locks: RowLocks,
    ) -> None:
        self._collections = collections
        self._images = images
        self._writer = writer
        self._row_locks = row_locks

    def change_all(self, collection: str, ids: Sequence[str], change: TagChange) -> TagsChanged:
        """Change the tags of these images. Raises as `change_matching`."""
        ids = list(dict.fromkeys(ids))
        missing = []
        changed = 0
        generation = self._collections.identity(collection).generation
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            done, found = self._change(collection, generation, batch, change, ImageFilter())
            missing += [image for image in batch if image not in found]
            changed += done
        _log.info("tags_changed", collection=collection, images=changed)
        return TagsChanged(changed, 0, missing)

    def change_matching(self, collection: str, wanted: Filter, change: TagChange) -> TagsChanged:
        """Change the tags of images that match a filter: of some thousands in one call.

        A repeated call goes on with those that are left. Raises NotFound, InvalidRequest
        `invalid_labels` where an image would have too many tags, Unavailable `image_busy`; what
        was changed before that stays so.
        """
        generation = self._collections.identity(collection).generation
        inner = () if wanted.empty else (wanted,)
        where = Filter.model_construct(must=(*inner, change.pending()), should=(), must_not=())
        pending = ImageFilter(where=where)
        # A strong count: the look-ups that follow see every write before it.
        total = self._images.count(collection, pending)
        changed = 0
        for ids in _batches(self._images.iterate(collection, pending)):
            if changed >= MAX_AT_ONCE:
                break
            changed += self._change(collection, generation, ids, change, pending)[0]
        # Where none was changed, those that Milvus still finds do not match under their locks.
        remaining = self._images.count(collection, pending) if 0 < changed < total else 0
        _log.info("tags_changed", collection=collection, images=changed, remaining=remaining)
        return TagsChanged(changed, remaining, ())

    def _change(
        self,
        collection: str,
        generation: str,
        ids: Sequence[str],
        change: TagChange,
        wanted: ImageFilter,
    ) -> tuple[int, dict[str, ImageRow]]:
        """Change those of a batch that match still; returns how many, and what was found."""
        with self._row_locks.hold(RowLock(collection, ids, WRITER)) as held:
            found = self._images.get_many(collection, ids, strong=True)
            changed = [
                row.model_copy(update={"tags": tags})
                for row in found.values()
                if matches(row, wanted) and (tags := change.apply(row.tags)) != row.tags
            ]
            _check(changed)
            held.require_time()
            self._writer.update_keeping_vector(collection, changed, generation)
        return len(changed), found


def _batches(pages: Iterable[Sequence[ImageRow]]) -> Iterator[list[str]]:
    for page in pages:
        for start in range(0, len(page), BATCH):
            yield [row.id for row in page[start : start + BATCH]]


def _check(rows: Iterable[ImageRow]) -> None:
    for row in rows:
        if len(row.tags) > MAX_TAGS:
            raise InvalidRequest(
                "invalid_labels",
                f"The image {row.id} would have {len(row.tags)} tags, and {MAX_TAGS} is the most. "
                "Remove some of its tags, or leave it out of the filter. Images that were changed "
                "before it stay so.",
            )
