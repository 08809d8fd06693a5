"""Where the pictures of a load come from, over HTTP: as it is asked for, and as jobs show it."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Discriminator, Field, model_validator
from pydantic import Tag as Alternative

from gateway.schemas.collections import Index
from gateway.schemas.fields import Address, Input
from shared.domain.filter import ALTERNATIVE
from shared.domain.fingerprint import Pooling

#: Addresses that one request may name; more of them come in a file.
MAX_URLS = 10_000

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


class UrlsSourceInput(Input):
    """Pictures at addresses: a few in the request, or the many that a file lists."""

    kind: Literal["urls"]
    urls: list[Address] | None = Field(
        None, min_length=1, max_length=MAX_URLS, description="Addresses; or give a `path`."
    )
    path: str | None = Field(
        None,
        min_length=1,
        max_length=4096,
        description="A file of addresses under an image root: a text of one in each line, a .csv "
        "or .tsv file, or a .parquet file.",
    )
    column: str | None = Field(
        None,
        min_length=1,
        max_length=1000,
        description="The column that holds them, of a .csv, .tsv or .parquet file.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.urls is None) == (self.path is None):
            raise ValueError("give either urls or the path of a file that lists them")
        if self.column is not None and self.path is None:
            raise ValueError("a column is one of a file: give its path")
        return self


def _kind(given: Any) -> str:
    """A source without a kind is a directory, as all were once."""
    if isinstance(given, dict):
        return f"{ALTERNATIVE}{given.get('kind', 'directory')}"
    return f"{ALTERNATIVE}{getattr(given, 'kind', '')}"


SourceInput = Annotated[
    Annotated[DirectorySourceInput, Alternative("<directory")]
    | Annotated[ArchiveSourceInput, Alternative("<archive")]
    | Annotated[BucketSourceInput, Alternative("<bucket")]
    | Annotated[UrlsSourceInput, Alternative("<urls")],
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


class UrlsSource(BaseModel):
    kind: Literal["urls"]
    addresses: int | None = Field(description="How many the request named.")
    path: str | None = Field(description="The file that lists them.")
    column: str | None


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


class ReencodingSource(BaseModel):
    """None: the job encodes the collection's images anew.

    `indexed` counts those that have new vectors, `unchanged` those that were deleted meanwhile.
    """

    kind: Literal["reencoding"]
    pooling: Pooling
    index: Index
    allow_missing: bool = Field(description="Whether it goes on without what cannot be encoded.")


class ExportSource(BaseModel):
    """The collection itself, which the job writes to files; `unchanged` counts images in them."""

    kind: Literal["export"]
    uploads: bool = Field(description="Whether the files of uploaded pictures are written, too.")


class ImportSource(BaseModel):
    """An export, whose images the job writes into the collection; `unchanged` counts them."""

    kind: Literal["import"]
    export: str = Field(description="The export's name.")


Source = Annotated[
    DirectorySource
    | ArchiveSource
    | UrlsSource
    | BucketSource
    | UploadSource
    | RetrySource
    | DeletionSource
    | DuplicatesSource
    | CalibrationSource
    | ReencodingSource
    | ExportSource
    | ImportSource,
    Field(discriminator="kind"),
]
