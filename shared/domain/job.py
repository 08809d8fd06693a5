"""A job: what a load was asked to do, and how far it is."""

from typing import Annotated, Any, Literal

from pydantic import Field

from shared.domain.base import Frozen
from shared.domain.collection import IndexSpec
from shared.domain.duplicates import COPY_MATCH
from shared.domain.filter import Filter
from shared.domain.fingerprint import Pooling

JobStatus = Literal["queued", "scanning", "running", "paused", "done", "failed", "cancelled"]
OnDuplicate = Literal["keep", "skip"]
FINISHED: frozenset[JobStatus] = frozenset({"done", "failed", "cancelled"})


class DirectorySource(Frozen):
    """A directory under an image root; `path` is absolute and resolved."""

    kind: Literal["directory"] = "directory"
    path: str
    recursive: bool = True
    pattern: str | None = None
    exclude: tuple[str, ...] = ()


class ArchiveSource(Frozen):
    """An archive under an image root; `path` is absolute and resolved."""

    kind: Literal["archive"] = "archive"
    path: str


class BucketSource(Frozen):
    """A bucket under LOOKALIKE_BUCKET_ROOTS, or what is below a prefix: `s3://bucket/prefix`."""

    kind: Literal["bucket"] = "bucket"
    url: str
    pattern: str | None = None
    exclude: tuple[str, ...] = ()


class UploadSource(Frozen):
    """Pictures that the gateway stored; the ledger lists them under the job."""

    kind: Literal["upload"] = "upload"
    files: int


class UrlsSource(Frozen):
    """Pictures at addresses: so many that the ledger lists under the job, or those of a file.

    `path` is absolute, resolved and under an image root; `column` is one of a CSV or Parquet file.
    """

    kind: Literal["urls"] = "urls"
    addresses: int | None = None
    path: str | None = None
    column: str | None = None


class RetrySource(Frozen):
    """The failed files of an earlier job; the ledger lists them under the new job."""

    kind: Literal["retry"] = "retry"
    job: str
    files: int


class DeletionSource(Frozen, extra="forbid"):
    """No source: the job deletes the images of a filter, as `ImageFilter` has it.

    An older version refuses a condition that it does not know, where it would delete more.
    """

    kind: Literal["deletion"] = "deletion"
    tag: str | None = None
    path_prefix: str | None = None
    filter: Filter | None = None


class DuplicatesSource(Frozen, extra="forbid"):
    """No source: the job finds the duplicates among the collection's images.

    `min_match` is the least match of copies, .5 to 1.
    """

    kind: Literal["duplicates"] = "duplicates"
    min_match: float = COPY_MATCH


class CalibrationSource(Frozen):
    """No source: the job tells the collection's own thresholds."""

    kind: Literal["calibration"] = "calibration"


class ReencodingSource(Frozen, extra="forbid"):
    """No source: the job encodes the collection's images anew, beside the vectors that it has.

    With `allow_missing` it goes on without the images that cannot be encoded any more.
    """

    kind: Literal["reencoding"] = "reencoding"
    pooling: Pooling
    index: IndexSpec
    allow_missing: bool = False


class ExportSource(Frozen):
    """No source: the job writes the collection to files, an export that has the job's id.

    With `uploads` the files of uploaded and fetched pictures, too.
    """

    kind: Literal["export"] = "export"
    uploads: bool = True


class ImportSource(Frozen):
    """An export, by the name of its folder: the job writes its rows into the collection."""

    kind: Literal["import"] = "import"
    export: str


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


class JobSpec(Frozen):
    """What a load was asked to do; it never changes once the job is written."""

    id: str
    collection: str
    #: The collection's, when the job was queued; None in jobs that an earlier version queued.
    generation: str | None = None
    source: Source
    on_duplicate: OnDuplicate = "keep"
    sync: bool = False
    allow_mass_removal: bool = False
    #: Whether chunks report what looks like a copy of something already there.
    report_duplicates: bool = False
    tags: tuple[str, ...] = ()
    metadata: dict[str, Any] = Field({})
    #: Whether it loads a few files that were written just now.
    prompt: bool = False
    created_at: float
    #: The request that asked for it, by which the log's lines of its scan and its chunks are found.
    request_id: str | None = None
    #: The span in which it was queued. A chunk is given it with each claim.
    traceparent: str | None = None

    @property
    def priority(self) -> int:
        """Celery priority, 0 first: who waits for a few files does not wait behind a bulk load."""
        return 0 if self.prompt or self.source.kind == "upload" else 5


class JobError(Frozen):
    code: str
    detail: str


class Job(Frozen):
    """A job as the ledger knows it now. Times in Unix seconds, `bytes` read from pictures."""

    spec: JobSpec
    status: JobStatus
    total: int = 0
    indexed: int = 0
    unchanged: int = 0
    #: How many of the unchanged took over the row of another uri.
    moved: int = 0
    duplicates: int = 0
    failed: int = 0
    ignored: int = 0
    removed: int = 0
    bytes: int = 0
    images_per_second: float = 0.0
    eta_seconds: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    error: JobError | None = None

    @property
    def done(self) -> int:
        return self.indexed + self.unchanged + self.duplicates + self.failed

    @property
    def finished(self) -> bool:
        return self.status in FINISHED


class Failure(Frozen):
    """One file that could not be indexed. `name` and `source_url` as in `FileRef`."""

    uri: str
    code: str
    reason: str
    attempts: int = 1
    size: int = 0
    mtime_ns: int = 0
    name: str | None = None
    source_url: str | None = None
