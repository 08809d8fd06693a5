"""Images and uploads over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, model_validator
from pydantic import Tag as Alternative

from gateway.schemas.fields import (
    EXAMPLE_ID,
    EXAMPLE_JOB_ID,
    Input,
    Metadata,
    Page,
    Tags,
    check_apart,
    moment,
)
from gateway.schemas.jobs import EXAMPLE_JOB, JobFields, job_fields
from gateway.schemas.urls import UrlBuilder
from shared.domain import upload as domain
from shared.domain.facts import Facts
from shared.domain.filter import ALTERNATIVE
from shared.domain.image import ImageRow
from shared.domain.labels import LabelChange
from shared.domain.upload import UploadOutcome

_EXAMPLE_URL = f"/api/v2/collections/holidays/images/{EXAMPLE_ID}"
EXAMPLE_IMAGE: dict[str, Any] = {
    "id": EXAMPLE_ID,
    "uri": "file:///photos/2024/beach.jpg",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "width": 4000,
    "height": 3000,
    "bytes": 3471882,
    "format": "jpeg",
    "modified_at": "2024-08-01T12:30:00Z",
    "added_at": "2026-05-02T10:00:05Z",
    "job": EXAMPLE_JOB_ID,
    "tags": ["summer"],
    "metadata": {"album": "Summer"},
    "taken_at": "2024-08-01T12:29:58Z",
    "camera": "FUJIFILM X-T5",
    "lens": "XF23mmF2 R WR",
    "gps": {"lat": 54.432608, "lon": 13.573056},
    "content_url": f"{_EXAMPLE_URL}/content?v=9f86d081884c7d65",
    "thumbnail_url": f"{_EXAMPLE_URL}/thumbnail?v=9f86d081884c7d65",
}


class Place(BaseModel):
    """Degrees north and east, WGS 84."""

    lat: float
    lon: float


class Image(BaseModel):
    """One picture of a collection."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE_IMAGE})

    id: str
    uri: str
    sha256: str
    width: int = Field(description="Pixels, upright.")
    height: int = Field(description="Pixels, upright.")
    bytes: int
    format: str
    modified_at: datetime = Field(description="When its file was last written.")
    added_at: datetime
    job: str = Field(description="The job that indexed it last.")
    tags: list[str]
    metadata: dict[str, Any]
    taken_at: datetime | None = Field(
        description="When the picture was taken, by its EXIF data, as which the next three are: as "
        "true as what is written there. A camera that names no offset is taken to be in UTC."
    )
    camera: str | None = Field(description="Maker and model.")
    lens: str | None
    gps: Place | None = Field(description="Where it was taken.")
    content_url: str = Field(description="Its bytes; relative to this server.")
    thumbnail_url: str = Field(description="A small WebP of it; relative to this server.")
    vector: list[float] | None = Field(None, description="512 floats, if they were asked for.")

    @classmethod
    def of(
        cls,
        row: ImageRow,
        collection: str,
        urls: UrlBuilder,
        vector: Sequence[float] | None = None,
    ) -> Self:
        # One that nobody asked for is left out of the reply.
        given = {} if vector is None else {"vector": vector}
        return cls(
            **given,
            **row.model_dump(exclude={"mtime_ns", "added_at", "facts", "pixel_hash"}),
            **_facts(row.facts),
            modified_at=moment(row.mtime_ns / 1e9),
            added_at=moment(row.added_at / 1e6),
            content_url=urls.content(collection, row),
            thumbnail_url=urls.thumbnail(collection, row),
        )


def _facts(facts: Facts) -> dict[str, Any]:
    taken_at = None if facts.taken_at is None else moment(facts.taken_at / 1e6)
    return {**facts.model_dump(), "taken_at": taken_at}


class ImageList(Page[Image]):
    """Images in the requested order."""


class TagsEdit(Input):
    """Changes of the tags that an image has."""

    add: Tags = Field([], description="Tags that it has afterwards.")
    remove: Tags = Field([], description="Tags that it has not afterwards.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_apart(self.add, self.remove)
        return self


def _edit_or_list(given: Any) -> str:
    return f"{ALTERNATIVE}{'edit' if isinstance(given, dict | TagsEdit) else 'list'}"


class ImageUpdate(Input):
    """A JSON merge patch (RFC 7396): what is left out stays as it is, null removes."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "tags": {"add": ["beach"], "remove": ["new"]},
                "metadata": {"rating": 5, "draft": None},
            }
        }
    )

    tags: (
        Annotated[
            Annotated[Tags, Alternative("<list")] | Annotated[TagsEdit, Alternative("<edit")],
            Discriminator(_edit_or_list),
        ]
        | None
    ) = Field(None, description="All tags from now on, or tags to add and to remove.")
    metadata: Metadata | None = Field(
        None, description="Merged with what there is: names whose value is null are removed."
    )

    def change(self) -> LabelChange:
        """The same as the label service takes it."""
        edit = self.tags if isinstance(self.tags, TagsEdit) else None
        tags = None if isinstance(self.tags, TagsEdit) else self.tags
        return LabelChange(
            tags=[] if tags is None and edit is None and "tags" in self.model_fields_set else tags,
            add=edit.add if edit else (),
            remove=edit.remove if edit else (),
            metadata=self.metadata,
            without_metadata=self.metadata is None and "metadata" in self.model_fields_set,
        )


class Deleted(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"deleted": 42}})

    deleted: int = Field(description="Images that were forgotten.")


class UploadedFile(BaseModel):
    """The outcome of one file of an upload."""

    name: str = Field(description="As the uploader called it.")
    id: str | None = Field(description="The image's id; null when the file was rejected.")
    uri: str | None
    outcome: UploadOutcome = Field(
        description="`rejected`: no picture that can be read, so it is no part of the job; "
        "`queued`: look at the job for more."
    )
    code: str | None = Field(None, description="Why it failed or was rejected.")
    reason: str | None = None

    @classmethod
    def of(cls, file: domain.UploadedFile) -> Self:
        return cls(**file.model_dump())


class Upload(JobFields):
    """The job of an upload, and its files in the order they came."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                **EXAMPLE_JOB,
                "source": {"kind": "upload", "files": 1},
                "files": [
                    {
                        "name": "beach.jpg",
                        "id": EXAMPLE_ID,
                        "uri": f"upload://{EXAMPLE_IMAGE['sha256']}.jpg",
                        "outcome": "queued",
                        "code": None,
                        "reason": None,
                    }
                ],
            }
        }
    )

    files: list[UploadedFile]

    @classmethod
    def of(cls, result: domain.UploadResult) -> Self:
        return cls(**job_fields(result.job), files=[UploadedFile.of(f) for f in result.files])
