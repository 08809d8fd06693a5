"""Jobs over HTTP."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.schemas.fields import EXAMPLE_JOB_ID, Input, Metadata, Page, Tags, moment
from gateway.schemas.sources import Source, SourceInput
from shared.domain import job as domain
from shared.domain.job import JobStatus, OnDuplicate

EXAMPLE_JOB: dict[str, Any] = {
    "id": EXAMPLE_JOB_ID,
    "collection": "holidays",
    "source": {
        "kind": "directory",
        "path": "/photos/2024",
        "recursive": True,
        "pattern": None,
        "exclude": [],
    },
    "status": "running",
    "total": 1200,
    "done": 800,
    "indexed": 640,
    "unchanged": 150,
    "moved": 12,
    "duplicates": 6,
    "failed": 4,
    "ignored": 17,
    "removed": 0,
    "bytes": 731906048,
    "images_per_second": 61.5,
    "eta_seconds": 6.5,
    "created_at": "2026-05-02T10:00:00Z",
    "started_at": "2026-05-02T10:00:01Z",
    "finished_at": None,
    "finished": False,
    "error": None,
}


class LoadInput(Input):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "source": {"kind": "directory", "path": "/photos/2024", "recursive": True},
                "on_duplicate": "skip",
                "sync": False,
                "allow_mass_removal": False,
                "report_duplicates": True,
                "tags": ["summer"],
                "metadata": {"camera": "X100"},
            }
        }
    )

    source: SourceInput
    on_duplicate: OnDuplicate = Field(
        "keep",
        description="`skip` leaves out files whose content the collection has of another file "
        "that still has it.",
    )
    sync: bool = Field(
        False,
        description="Whether to forget images whose file is gone. A directory that is empty or on "
        "another file system than before is an error of the job (`source_empty`, "
        "`source_replaced`), as its disk may not be mounted.",
    )
    allow_mass_removal: bool = Field(
        False,
        description="Whether `sync` may forget more than half of the images of the directory "
        "(`mass_removal`, from 20 on), or all of a directory that looks unmounted.",
    )
    report_duplicates: bool = Field(
        False,
        description="Whether `GET /api/v2/jobs/{job}/duplicates` lists what looks like a copy of "
        "something already there.",
    )
    tags: Tags = Field([], description="Tags of every image that is loaded.")
    metadata: Metadata = Field({}, description="Metadata of every image that is loaded.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.sync and self.source.kind == "urls":
            raise ValueError("sync forgets what is missing in a directory; addresses have none")
        return self


class JobError(BaseModel):
    """Why a job ended as `failed`."""

    code: str
    detail: str


class JobFields(BaseModel):
    """The fields of a job, for every schema that shows one."""

    id: str
    collection: str
    source: Source
    status: JobStatus
    total: int = Field(description="Pictures found; grows while the source is scanned.")
    done: int
    indexed: int
    unchanged: int = Field(description="Known already, and not encoded again.")
    moved: int = Field(
        description="Of the unchanged, those known by another name: files that were renamed or "
        "moved, whose vector, tags and metadata moved with them."
    )
    duplicates: int = Field(description="Left out by `on_duplicate: skip`.")
    failed: int
    ignored: int = Field(description="Hidden files and files that are no pictures; not in `total`.")
    removed: int = Field(description="Forgotten by `sync`.")
    bytes: int = Field(description="Read from pictures.")
    images_per_second: float
    eta_seconds: float | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    finished: bool = Field(description="Whether it has ended: as `done`, `failed` or `cancelled`.")
    error: JobError | None


class Job(JobFields):
    """One load. `done` = `indexed` + `unchanged` + `duplicates` + `failed` at all times."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE_JOB})

    @classmethod
    def of(cls, job: domain.Job) -> Self:
        return cls(**job_fields(job))


def job_fields(job: domain.Job) -> dict[str, Any]:
    """The values of `JobFields`, taken from a job."""
    return {
        **job.model_dump(exclude={"spec", "started_at", "finished_at", "error"}),
        "id": job.spec.id,
        "collection": job.spec.collection,
        "source": job.spec.source.model_dump(),
        "done": job.done,
        "created_at": moment(job.spec.created_at),
        "started_at": job.started_at and moment(job.started_at),
        "finished": job.finished,
        "finished_at": job.finished_at and moment(job.finished_at),
        "error": job.error and job.error.model_dump(),
    }


class Failure(BaseModel):
    """One file that could not be indexed."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "uri": "file:///photos/2024/broken.jpg",
                "code": "truncated",
                "reason": "The file ends too early; copy it again from its origin.",
                "attempts": 1,
                "name": None,
                "source_url": None,
            }
        }
    )

    uri: str
    code: str
    reason: str
    attempts: int
    name: str | None = Field(description="What an uploader called it.")
    source_url: str | None = Field(description="The address that it is, or was, fetched from.")

    @classmethod
    def of(cls, failure: domain.Failure) -> Self:
        return cls(**failure.model_dump(include=set(cls.model_fields)))


class JobList(Page[Job]):
    """Jobs, newest first."""


class FailureList(Page[Failure]):
    """Failures, in the order they were met."""
