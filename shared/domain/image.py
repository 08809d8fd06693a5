"""What stands in a collection: images, what may be asked of them, and the collection itself."""

import json
import math
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from shared.errors import InvalidRequest
from shared.files.uris import file_uri
from shared.settings import IndexType, Pooling
from shared.store.filters import and_, check_text, prefix_range, quote

#: Limits that the schema sets, in bytes of UTF-8.
MAX_URI_BYTES = 4096
MAX_TAG_BYTES = 256
MAX_TAGS = 64
#: Milvus refuses a JSON value beyond this.
MAX_METADATA_BYTES = 65_536


def check_labels(tags: Sequence[str], metadata: dict[str, Any]) -> None:
    """See that a collection can hold these.

    Raises InvalidRequest `invalid_labels`, `invalid_text`.
    """
    for tag in tags:
        check_text(tag)
    if len(tags) > MAX_TAGS or any(len(tag.encode()) > MAX_TAG_BYTES for tag in tags):
        raise InvalidRequest(
            "invalid_labels", f"An image has up to {MAX_TAGS} tags of up to {MAX_TAG_BYTES} bytes."
        )
    try:
        text = json.dumps(metadata, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise InvalidRequest("invalid_labels", f"The metadata is no JSON: {error}.") from error
    check_text(text)
    if len(text.encode()) > MAX_METADATA_BYTES:
        raise InvalidRequest(
            "invalid_labels", f"The metadata is longer than {MAX_METADATA_BYTES} bytes of JSON."
        )


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class ImageRow(_Frozen):
    """One image, without its vector. `bytes` is the file's size, `added_at` Unix microseconds."""

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


class ImageFilter(_Frozen):
    """Which images are meant; empty means all of them.

    `path_prefix` is the beginning of an absolute path (`/photos/2020`) or of a uri.
    """

    tag: str | None = None
    path_prefix: str | None = None

    @property
    def empty(self) -> bool:
        return self.tag is None and self.path_prefix is None

    def expression(self) -> str:
        """The filter as Milvus reads it. Raises InvalidRequest `invalid_text`."""
        conditions = []
        if self.tag is not None:
            conditions.append(f"array_contains(tags, {quote(self.tag)})")
        if self.path_prefix is not None:
            conditions.append(prefix_range("uri", _uri_prefix(self.path_prefix)))
        return and_(*conditions)


class IndexSpec(_Frozen):
    """A vector index and its build parameters; those left out take their defaults."""

    type: IndexType
    params: dict[str, int] = {}


class CollectionIdentity(_Frozen):
    """What a collection's vectors are: cheap to ask, and fixed for the collection's life."""

    name: str
    fingerprint: str
    weights: str
    pooling: Pooling


class CollectionInfo(CollectionIdentity):
    """A collection. `created_at` in Unix seconds."""

    description: str
    count: int
    created_at: float
    index: IndexSpec
    state: Literal["loaded", "loading", "not_loaded"]


class Hit(NamedTuple):
    """An image that a search found: cosine similarity, and Euclidean distance of unit vectors."""

    row: ImageRow
    score: float
    distance: float


def distance_of(score: float) -> float:
    """The distance of two unit vectors whose cosine is `score`: |a-b|² = 2 - 2·cos."""
    return math.sqrt(max(0.0, 2.0 - 2.0 * score))


def _uri_prefix(prefix: str) -> str:
    if not prefix.startswith("/"):
        return prefix
    try:
        return file_uri(prefix)
    except UnicodeEncodeError:
        return prefix  # No path holds this; `quote` says so.
