"""Where a load takes its pictures from, over HTTP."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Discriminator, Field, Tag

from gateway.schemas.fields import Input

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


class BucketSourceInput(Input):
    kind: Literal["bucket"]
    url: str = Field(
        max_length=1100,
        pattern=r"^(s3|gs|az)://",
        description="A bucket, or a prefix in it, under one of LOOKALIKE_BUCKET_ROOTS: "
        "`s3://bucket/prefix`. It is a folder: `2020` does not mean `2020-old`.",
    )
    pattern: str | None = Field(
        None,
        min_length=1,
        max_length=1000,
        description="Only objects whose name or key below `url` matches this glob: `*.jpg`.",
    )
    exclude: list[Glob] = Field(
        [],
        max_length=100,
        description="No objects that match one of these globs, or lie in a folder that does.",
    )


def _kind(source: Any) -> str:
    """A source without a kind is a directory, as all were once."""
    if isinstance(source, dict):
        return str(source.get("kind", "directory"))
    return str(getattr(source, "kind", ""))


SourceInput = Annotated[
    Annotated[DirectorySourceInput, Tag("directory")]
    | Annotated[ArchiveSourceInput, Tag("archive")]
    | Annotated[BucketSourceInput, Tag("bucket")],
    Discriminator(_kind),
]


class DirectorySource(BaseModel):
    kind: Literal["directory"]
    path: str
    recursive: bool
    pattern: str | None
    exclude: list[str]


class ArchiveSource(BaseModel):
    kind: Literal["archive"]
    path: str


class BucketSource(BaseModel):
    kind: Literal["bucket"]
    url: str
    pattern: str | None
    exclude: list[str]


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
    | BucketSource
    | UploadSource
    | RetrySource
    | DeletionSource
    | DuplicatesSource
    | CalibrationSource,
    Field(discriminator="kind"),
]
