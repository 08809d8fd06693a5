"""Groups of duplicates over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from gateway.schemas.fields import EXAMPLE_ID, EXAMPLE_JOB_ID, ImageId, Input, Page, moment
from gateway.schemas.images import EXAMPLE_IMAGE, Image
from gateway.schemas.urls import UrlBuilder
from shared.domain import duplicates as domain
from shared.domain.duplicates import SIMILAR_MATCH, Grade
from shared.domain.image import ImageRow

#: Images of a group that a list shows; the rest are counted.
SHOWN = 200
#: As many ids as one call may keep.
MAX_KEPT = 1000
EXAMPLE_GROUP_ID = "b0cf1d5a4b7f4f7b9f3c2f7b5c1d2e3f"
_EXAMPLE_COPY = {
    **EXAMPLE_IMAGE,
    "id": "6b86b273ff34fce19d6b804eff5a3f57",
    "uri": "file:///photos/web/beach-small.jpg",
    "width": 1024,
    "height": 768,
}
EXAMPLE_GROUP: dict[str, Any] = {
    "id": EXAMPLE_GROUP_ID,
    "grade": "copy",
    "match": 0.987654,
    "size": 2,
    "images": [EXAMPLE_IMAGE, _EXAMPLE_COPY],
    "suggested_keep": EXAMPLE_ID,
}


class DuplicatesInput(Input):
    """How to look for duplicates."""

    model_config = ConfigDict(json_schema_extra={"example": {"min_match": 0.9}})

    min_match: float | None = Field(
        None,
        ge=SIMILAR_MATCH,
        le=1,
        description="The least match of copies, 0.9 unless given. What is below, down to 0.5, is "
        "`similar`.",
    )


class DuplicateGroup(BaseModel):
    """Images that show the same."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE_GROUP})

    id: str
    grade: Grade = Field(
        description="`identical`: the same bytes; `copy`: the same picture, edited; `similar`: "
        "perhaps that. A group of a looser grade holds those of the stricter ones within it, too."
    )
    match: float = Field(description="Of the weakest tie that holds the group together, 0 to 1.")
    size: int = Field(description="Its images, all of them.")
    images: Sequence[Image] = Field(
        description=f"The first {SHOWN}: those with most pixels first, then most bytes, then the "
        "oldest file. Of a group of more than 1,000, the best of 1,000."
    )
    suggested_keep: str = Field(description="The first of these.")

    @classmethod
    def of(
        cls,
        group: domain.DuplicateGroup,
        size: int,
        rows: Sequence[ImageRow],
        collection: str,
        urls: UrlBuilder,
    ) -> Self:
        return cls(
            id=group.id,
            grade=group.grade,
            match=group.match,
            size=size,
            images=[Image.of(row, collection, urls) for row in rows[:SHOWN]],
            suggested_keep=rows[0].id,
        )


class DuplicatesComputed(BaseModel):
    """When and how the groups were computed; what was loaded since is in none."""

    job: str
    computed_at: datetime
    images: int = Field(description="Images that were looked at.")
    identical_only: bool = Field(
        description="Whether only equal files were looked for, as the collection's weights have no "
        "match curve (`make fit-match`)."
    )
    copy_match: float | None = Field(description="The least match of copies.")
    similar_match: float | None = Field(description="The least match of what is similar.")

    @classmethod
    def of(cls, computed: domain.Computed) -> Self:
        return cls(
            job=computed.job,
            computed_at=moment(computed.computed_at),
            images=computed.images,
            identical_only=computed.copy_match is None,
            copy_match=computed.copy_match,
            similar_match=computed.similar_match,
        )


class DuplicateGroupList(Page[DuplicateGroup]):
    """Groups, those of most images first."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "items": [EXAMPLE_GROUP],
                "next_cursor": None,
                "count": 1,
                "computed": {
                    "job": EXAMPLE_JOB_ID,
                    "computed_at": "2026-05-02T10:00:00Z",
                    "images": 1200,
                    "identical_only": False,
                    "copy_match": 0.9,
                    "similar_match": 0.5,
                },
            }
        }
    )

    count: int = Field(description="Groups of this grade; of all without one.")
    computed: DuplicatesComputed


class DuplicateReportItem(BaseModel):
    """A file of a load that looks like a copy of something that was there already."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "uri": _EXAMPLE_COPY["uri"],
                "grade": "copy",
                "match": 0.987654,
                "image": _EXAMPLE_COPY,
                "of": EXAMPLE_IMAGE,
            }
        }
    )

    uri: str
    grade: Grade
    match: float
    image: Image | None = Field(
        description="The file's image; null where it was left out or forgotten."
    )
    of: Image | None = Field(description="What it looks like; null where that was forgotten.")


class DuplicateReportList(Page[DuplicateReportItem]):
    """Files, in the order in which they came."""

    count: int = Field(description="Files that were reported; 100,000 are kept.")


class Resolution(Input):
    """Which images of a group stay."""

    model_config = ConfigDict(json_schema_extra={"example": {"keep": [EXAMPLE_ID]}})

    keep: Annotated[list[ImageId], Field(min_length=1, max_length=MAX_KEPT)]


class Resolved(BaseModel):
    """What became of a group."""

    model_config = ConfigDict(json_schema_extra={"example": {"deleted": 3, "left": 0}})

    deleted: int = Field(description="Images that were forgotten.")
    left: int = Field(
        description="Images that are to be forgotten and are there still, as the group has more "
        "than 1,000: call again with the same `keep`."
    )
