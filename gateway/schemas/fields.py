"""Parts that several schemas share: names, tags, metadata, times, pages."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from shared.names import COLLECTION_PATTERN, ID_PATTERN

T = TypeVar("T")

#: Milvus takes JSON fields up to 65,536 bytes; some of it is left for its own framing.
MAX_METADATA_BYTES = 60_000
MAX_TAGS = 64
MAX_TAG_LENGTH = 64

EXAMPLE_ID = "5e884898da28047151d0e56f8dc62927"
EXAMPLE_JOB_ID = "0f6f1f6b0c0e4f0e8a7ab0d9f0d1c2b3"


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    try:
        size = len(json.dumps(value, allow_nan=False, ensure_ascii=False).encode())
    except (ValueError, RecursionError) as error:
        raise ValueError("must be JSON with finite numbers and valid Unicode") from error
    if size > MAX_METADATA_BYTES:
        raise ValueError(f"must not be longer than {MAX_METADATA_BYTES} bytes of JSON")
    return value


def _distinct(value: list[str]) -> list[str]:
    return list(dict.fromkeys(value))


CollectionName = Annotated[str, StringConstraints(pattern=COLLECTION_PATTERN)]
ImageId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
JobId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Tag = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=MAX_TAG_LENGTH,
        # No control characters: they would break listings and CSV.
        pattern=r"^[^\x00-\x1f\x7f]+$",
    ),
]
Tags = Annotated[list[Tag], Field(max_length=MAX_TAGS), AfterValidator(_distinct)]
Metadata = Annotated[dict[str, Any], AfterValidator(_storable)]


class Input(BaseModel):
    """A request's body. Unknown names are refused, so that a typo does not pass in silence."""

    model_config = ConfigDict(extra="forbid")


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: Sequence[T]
    next_cursor: str | None = Field(
        description="Give it as `cursor` for the next page; null on the last."
    )


def moment(seconds: float) -> datetime:
    """Unix seconds as an aware time, which JSON shows in RFC 3339."""
    return datetime.fromtimestamp(seconds, UTC)
