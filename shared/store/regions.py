"""Vectors of the parts of pictures: in a Milvus collection of their own beside the images.

An image's row is the truth, and its regions follow it. They are written before it and deleted
after it, so that a row that is there has regions of its content. What a killed process leaves has
no row of its content, and is found by no search; `RegionSweep` of the gateway deletes it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from shared.domain.collection import CollectionIdentity
from shared.domain.regions import REGIONS
from shared.errors import NotFound, Unavailable, collection_replaced
from shared.log import get_logger
from shared.retry import Retriable, repeatable
from shared.store.client import MilvusConnection
from shared.store.editions import Place, write_all
from shared.store.expressions import in_, quote
from shared.store.generations import partition_of, regions_of
from shared.store.homes import Homes
from shared.store.rows import Row
from shared.store.schema import VECTOR

_log = get_logger(__name__)

#: Rows in one call, as of images.
_BATCH = 500
#: Images whose regions are deleted in one call, of a thousand rows at most.
_DELETE_BATCH = 200
_LOOKUP_BATCH = 1000
#: milvus-lite sorts the whole column of ids for each batch, so few large batches are faster.
_LIST_BATCH = 8000
_DEFAULT_PARTITION = partition_of("")


class Held(Protocol):
    """What holds the rows that are written."""

    def require_time(self) -> None:
        """Raise Unavailable where it may end before a write does."""


class RegionsLeft(Unavailable):
    """Images were deleted, but Milvus failed before their regions were; code and detail are its."""


class PictureRegions(NamedTuple):
    """The regions of an image whose content is `sha256`: float32 of shape (regions, 512)."""

    image: str
    sha256: str
    vectors: NDArray[np.float32]


class Regions(Retriable):
    """Writes and reads regions. For collections that have them.

    `generation` is the `edition` of the collection's identity, which a re-encoding changes. Methods
    raise NotFound `collection_replaced` where the collection has another generation by
    now, and Unavailable.
    """

    def __init__(self, milvus: MilvusConnection) -> None:
        self._milvus = milvus

    @repeatable
    def write(self, collection: str, generation: str, pictures: Sequence[PictureRegions]) -> None:
        """Write the regions of images, in place of those that they had."""
        rows = {row["id"]: row for picture in pictures for row in _rows(picture)}
        for batch in _batches(list(rows.values()), _BATCH):
            with _replaced(collection):
                self._milvus.upsert(regions_of(generation), batch, _DEFAULT_PARTITION)

    @repeatable
    def read(
        self, collection: str, generation: str, contents: Mapping[str, str]
    ) -> dict[str, NDArray[np.float32]]:
        """The regions of images, whose contents' SHA-256 are given by id: (regions, 512) each.

        Those that there are not of this content are left out. Sees every write that has returned.
        """
        wanted = [_id(image, region) for image in contents for region in range(len(REGIONS))]
        found: dict[str, dict[int, Any]] = {}
        for batch in _batches(wanted, _LOOKUP_BATCH):
            fields = ("image", "region", "sha256", VECTOR)
            with _replaced(collection):
                rows = self._milvus.query(
                    regions_of(generation), in_("id", batch), fields, strong=True
                )
            for row in rows:
                if row["sha256"] == contents[row["image"]]:
                    found.setdefault(row["image"], {})[row["region"]] = row[VECTOR]
        return {
            image: np.array([vectors[region] for region in sorted(vectors)], dtype=np.float32)
            for image, vectors in found.items()
            if len(vectors) == len(REGIONS)
        }

    @repeatable
    def count(self, collection: str, generation: str) -> int:
        """How many there are, after every write that has returned."""
        with _replaced(collection):
            return self._milvus.count(regions_of(generation))

    @repeatable
    def await_writes(self, collection: str, generation: str) -> None:
        """Return once every later search sees what was written by now: a server may lag."""
        if not self._milvus.lite:
            with _replaced(collection):
                self._milvus.query(regions_of(generation), in_("id", [""]), ("id",), strong=True)

    @repeatable
    def images_after(self, collection: str, generation: str, image: str) -> list[str]:
        """The next ids of images that there are regions of, in order; none at the end."""
        expression = f"id > {quote(_id(image, len(REGIONS)))}" if image else ""
        with _replaced(collection):
            rows = self._milvus.query(
                regions_of(generation), expression, ("id",), limit=_LIST_BATCH, ordered=True
            )
        return list(dict.fromkeys(row["id"].partition("-")[0] for row in rows))

    @repeatable
    def delete(self, collection: str, generation: str, images: Iterable[str]) -> None:
        """Delete the regions of images; an image without any is no error."""
        with _replaced(collection):
            for batch in _batches(list(images), _DELETE_BATCH):
                _delete(self._milvus, generation, batch)


def delete_images(
    milvus: MilvusConnection,
    homes: Homes,
    identity: CollectionIdentity,
    ids: Sequence[str],
    *,
    held: Held | None = None,
    on_deleted: Callable[[], None] = lambda: None,
) -> None:
    """Delete images, and then their regions; an id without a row is no error.

    `identity` was read under the images' locks, and names the generation that the collection must
    have. `on_deleted` is called once the images are gone. `held` is asked before each call: once it
    may end, others may write new rows with these ids, and regions that are left then stay for
    `RegionSweep`. Raises RegionsLeft.
    """

    def delete(place: Place) -> None:
        if held:
            held.require_time()
        milvus.delete(place.rows, ids, partition_of(identity.generation))

    write_all(homes, identity, delete)
    on_deleted()
    if identity.regions:

        def delete_regions(place: Place) -> None:
            with _replaced(identity.name):
                _delete_held(milvus, identity.name, place.edition, ids, held)

        write_all(homes, identity, delete_regions)


def _delete_held(
    milvus: MilvusConnection, collection: str, edition: str, ids: Sequence[str], held: Held | None
) -> None:
    for start in range(0, len(ids), _DELETE_BATCH):
        try:
            if held:
                held.require_time()
        except Unavailable:
            _log.warning("regions_left", collection=collection, images=len(ids) - start)
            return
        try:
            _delete(milvus, edition, ids[start : start + _DELETE_BATCH])
        except Unavailable as error:
            _log.warning("regions_left", collection=collection, images=len(ids) - start)
            raise RegionsLeft(error.code, error.detail) from error


def _delete(milvus: MilvusConnection, generation: str, images: Iterable[str]) -> None:
    ids = [_id(image, region) for image in images for region in range(len(REGIONS))]
    milvus.delete(regions_of(generation), ids, _DEFAULT_PARTITION)


def _id(image: str, region: int) -> str:
    return f"{image}-{region:02}"


def _rows(picture: PictureRegions) -> Iterable[Row]:
    for region, vector in enumerate(picture.vectors):
        yield {
            "id": _id(picture.image, region),
            "image": picture.image,
            "region": region,
            "sha256": picture.sha256,
            VECTOR: np.asarray(vector, dtype=np.float32),
        }


@contextmanager
def _replaced(collection: str) -> Iterator[None]:
    """Names the collection where what its regions were in is gone, as it is once it is dropped."""
    try:
        yield
    except NotFound as error:
        raise collection_replaced(collection) from error


def _batches(items: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
