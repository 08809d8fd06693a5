"""Field types that several schemas share: names, ids, tags, metadata, times, pages."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from shared.domain.collection import COLLECTION_PATTERN, MAX_NAME_LENGTH
from shared.domain.facts import FACTS_KEY
from shared.domain.image import (
    ID_PATTERN,
    MAX_GIVEN_METADATA_BYTES,
    MAX_TAG_LENGTH,
    MAX_TAGS,
    MAX_URI_BYTES,
)
from shared.domain.labels import metadata_size
from shared.errors import NotFound, image_not_found, job_not_found

T = TypeVar("T")

_ID = re.compile(ID_PATTERN)

EXAMPLE_ID = "5e884898da28047151d0e56f8dc62927"
EXAMPLE_JOB_ID = "0f6f1f6b0c0e4f0e8a7ab0d9f0d1c2b3"


def _check_size(value: dict[str, Any]) -> dict[str, Any]:
    if metadata_size(value) > MAX_GIVEN_METADATA_BYTES:
        raise ValueError(f"must not be longer than {MAX_GIVEN_METADATA_BYTES} bytes of JSON")
    if FACTS_KEY in value:
        raise ValueError(f"must not have the name {FACTS_KEY!r}, which is kept for EXIF data")
    return value


def well_formed(not_found: Callable[[str], NotFound]) -> Callable[[str], str]:
    """A validator of ids, 32 hex digits; others raise what `not_found` makes of them."""

    def check(value: str) -> str:
        if not _ID.fullmatch(value):
            raise not_found(value)
        return value

    return check


CollectionName = Annotated[
    str, StringConstraints(pattern=COLLECTION_PATTERN, max_length=MAX_NAME_LENGTH)
]
HEX_ID = Field(json_schema_extra={"pattern": ID_PATTERN})
#: A malformed id is answered 404, as is an id that does not exist.
ImageId = Annotated[str, HEX_ID, AfterValidator(well_formed(image_not_found))]
JobId = Annotated[str, HEX_ID, AfterValidator(well_formed(job_not_found))]
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
Tags = Annotated[
    list[Tag], Field(max_length=MAX_TAGS), AfterValidator(lambda tags: list(dict.fromkeys(tags)))
]


def check_apart(add: Sequence[str], remove: Sequence[str]) -> None:
    """Raise ValueError for a tag that is both to be added and to be removed."""
    if both := sorted(set(add) & set(remove)):
        raise ValueError(f"{both[0]!r} stands in both add and remove; leave it out of one")


Metadata = Annotated[dict[str, Any], AfterValidator(_check_size)]


#: The address of a picture on the web.
Address = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_URI_BYTES,
        description="An http or https address. Its host must be on the public internet, or on a "
        "network that the server's LOOKALIKE_FETCH_ALLOW names.",
        examples=["https://example.com/photo.jpg"],
    ),
]

#: For query parameters: an empty one, as in `?tag=`, counts as left out.
BLANK_IS_NONE = BeforeValidator(lambda value: value or None)


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
    """Unix seconds as a time in UTC, which JSON shows in RFC 3339."""
    return datetime.fromtimestamp(seconds, UTC)


class Region(BaseModel):
    """A part of the upright picture, in fractions of its width and height."""

    x: float
    y: float
    width: float
    height: float
