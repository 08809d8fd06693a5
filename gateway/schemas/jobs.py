"""Jobs over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from gateway.schemas.fields import EXAMPLE_JOB_ID, Input, Metadata, Page, Tags, moment
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


Glob = Annotated[str, Field(min_length=1, max_length=1000)]


class DirectorySourceInput(Input):
    kind: Literal["directory"] = "directory"
    path: str = Field(
        min_length=1,
        max_length=4096,
        description="A directory under an image root; relative paths begin at a root.",
    )
    recursive: bool = Field(True, description="Whether to go into sub-directories.")
    pattern: str | None = Field(
        None,
        min_length=1,
        max_length=1000,
        description="Only files whose name or path below `path` matches this glob: `*.jpg`.",
    )
    exclude: list[Glob] = Field(
        [],
        max_length=100,
        description="No files that match one of these globs, or lie in a folder that does.",
    )


class ArchiveSourceInput(Input):
    kind: Literal["archive"]
    path: str = Field(
        min_length=1,
        max_length=4096,
        description="A .zip, .tar, .tar.gz, .tar.xz or .tar.zst under an image root, told by its "
        "content; relative paths begin at a root.",
    )


def _kind(source: Any) -> str:
    """A source without a kind is a directory, as all were once."""
    if isinstance(source, dict):
        return str(source.get("kind", "directory"))
    return str(getattr(source, "kind", ""))


SourceInput = Annotated[
    Annotated[DirectorySourceInput, Tag("directory")]
    | Annotated[ArchiveSourceInput, Tag("archive")],
    Discriminator(_kind),
]


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


class DirectorySource(BaseModel):
    kind: Literal["directory"]
    path: str
    recursive: bool
    pattern: str | None
    exclude: list[str]


class ArchiveSource(BaseModel):
    kind: Literal["archive"]
    path: str


class UploadSource(BaseModel):
    kind: Literal["upload"]
    files: int


class RetrySource(BaseModel):
    kind: Literal["retry"]
    job: str = Field(description="The job whose failed files are tried again.")
    files: int


class DeletionSource(BaseModel):
    """The images of a filter, which the job forgets; `removed` counts them."""

    kind: Literal["deletion"]
    tag: str | None
    path_prefix: str | None
    filter: dict[str, Any] | None = Field(description="As it was given.")


class DuplicatesSource(BaseModel):
    """All images, among which the job finds duplicates; `unchanged` counts those looked at."""

    kind: Literal["duplicates"]
    min_match: float = Field(description="The least match of copies.")


class CalibrationSource(BaseModel):
    """None: the job tells the collection's own thresholds."""

    kind: Literal["calibration"]


Source = Annotated[
    DirectorySource
    | ArchiveSource
    | UploadSource
    | RetrySource
    | DeletionSource
    | DuplicatesSource
    | CalibrationSource,
    Field(discriminator="kind"),
]


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
            }
        }
    )

    uri: str
    code: str
    reason: str
    attempts: int
    name: str | None = Field(description="What an uploader called it.")

    @classmethod
    def of(cls, failure: domain.Failure) -> Self:
        return cls(**failure.model_dump(include=set(cls.model_fields)))


class JobList(Page[Job]):
    """Jobs, newest first."""


class FailureList(Page[Failure]):
    """Failures, in the order they were met."""
