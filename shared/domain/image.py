"""An image of a collection: its id, its row, the filters and limits that hold for it."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

from shared.domain.base import Frozen
from shared.domain.facts import NO_FACTS, Facts
from shared.domain.filter import Filter

#: Limits that the schema sets, in bytes of UTF-8.
MAX_URI_BYTES = 4096
MAX_TAG_BYTES = 256
MAX_TAGS = 64
#: Milvus refuses a JSON value beyond this.
MAX_METADATA_BYTES = 65_536
#: What one request may give; the rest is for what the collection adds to it.
MAX_GIVEN_METADATA_BYTES = 60_000
#: What one request may give as a tag, in characters.
MAX_TAG_LENGTH = 64
ID_PATTERN = r"^[0-9a-f]{32}$"


class ImageRow(Frozen):
    """One image, without its vector. `bytes` is the file's size, `added_at` Unix microseconds.

    `pixel_hash` (`shared.domain.pixel_hash`) is None in rows that an earlier version wrote.
    """

    id: str
    uri: str
    sha256: str
    width: int
    height: int
    bytes: int
    mtime_ns: int
    format: str
    added_at: int
    job: str
    tags: tuple[str, ...]
    metadata: dict[str, Any]
    facts: Facts = NO_FACTS
    pixel_hash: str | None = None

    @property
    def version(self) -> str:
        """Identifies what the row holds, but for its vector: 32 hex digits."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class StoredImage(NamedTuple):
    """A row and its vector, 512 floats, with the fingerprint that it was read under.

    The fingerprint is "" where an earlier version kept it, which encoded no collection anew.
    """

    row: ImageRow
    vector: Sequence[float]
    fingerprint: str = ""


class IndexedFile(NamedTuple):
    """A row's file as it was when the row was written by a job, and its content."""

    id: str
    uri: str
    sha256: str
    bytes: int
    mtime_ns: int
    job: str

    @classmethod
    def of(cls, row: ImageRow) -> Self:
        return cls(*(getattr(row, name) for name in cls._fields))


class ImageFilter(Frozen):
    """Which images are meant; empty means all of them.

    `path_prefix` is a folder, as an absolute path (`/photos/2020`) or a uri: what lies in it and
    below, or the one picture of that name. `uri` is a picture's, given as either.
    """

    tag: str | None = None
    path_prefix: str | None = None
    uri: str | None = None
    sha256: str | None = None
    where: Filter | None = None

    @property
    def empty(self) -> bool:
        """Whether it has no condition, so that it means all images."""
        named = (self.tag, self.path_prefix, self.uri, self.sha256)
        return all(value is None for value in named) and (self.where is None or self.where.empty)


class Hit(NamedTuple):
    """An image that a search found: cosine similarity, and Euclidean distance of unit vectors.

    `vector` holds 512 floats of the whole image, if they were asked for. `region` is the number of
    the region that was found (`shared.domain.regions`), where that is more alike than the whole.
    """

    row: ImageRow
    score: float
    distance: float
    vector: Sequence[float] | None = None
    region: int | None = None


def distance_of(score: float) -> float:
    """The distance of two unit vectors whose cosine is `score`: |a-b|² = 2 - 2·cos."""
    return math.sqrt(max(0.0, 2.0 - 2.0 * score))


def image_id(uri: str) -> str:
    """The id of the picture at `uri`: 32 hex digits, so the same file is always the same row."""
    return hashlib.sha256(uri.encode()).hexdigest()[:32]


class FileVersion(NamedTuple):
    """What tells whether a file changed since its row was written, and by which job that was."""

    bytes: int
    mtime_ns: int
    job: str


def ids_by_job(rows: Mapping[str, ImageRow | FileVersion]) -> dict[str, list[str]]:
    """The ids of images, by the job that wrote their rows."""
    ids: dict[str, list[str]] = {}
    for image, row in rows.items():
        ids.setdefault(row.job, []).append(image)
    return ids
