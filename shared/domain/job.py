"""What processes say to each other: jobs, chunks, queries. Frozen, and free of HTTP."""

from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from shared.files.uris import image_id
from shared.settings import Pooling

JobStatus = Literal["queued", "scanning", "running", "paused", "done", "failed", "cancelled"]
OnDuplicate = Literal["keep", "skip"]
FINISHED: frozenset[JobStatus] = frozenset({"done", "failed", "cancelled"})


class Message(BaseModel):
    model_config = ConfigDict(frozen=True)


class DirectorySource(Message):
    """A directory under an image root; `path` is absolute and resolved."""

    kind: Literal["directory"] = "directory"
    path: str
    recursive: bool = True
    pattern: str | None = None


class UploadSource(Message):
    """Pictures that the gateway stored; the ledger lists them under the job."""

    kind: Literal["upload"] = "upload"
    files: int


class RetrySource(Message):
    """The failed files of an earlier job; the ledger lists them under the new job."""

    kind: Literal["retry"] = "retry"
    job: str
    files: int


Source = Annotated[DirectorySource | UploadSource | RetrySource, Field(discriminator="kind")]


class FileRef(Message):
    """One file of a load. `size` in bytes; `name` is what an uploader called it, for show only."""

    uri: str
    size: int
    mtime_ns: int
    name: str | None = None

    @property
    def id(self) -> str:
        return image_id(self.uri)


class JobSpec(Message):
    """What a load was asked to do; it never changes once the job is written."""

    id: str
    collection: str
    source: Source
    on_duplicate: OnDuplicate = "keep"
    sync: bool = False
    tags: tuple[str, ...] = ()
    metadata: dict[str, Any] = {}
    created_at: float

    @property
    def priority(self) -> int:
        """Celery priority, 0 first: a person who uploads does not wait behind a bulk load."""
        return 0 if self.source.kind == "upload" else 5


class JobError(Message):
    code: str
    detail: str


class Job(Message):
    """A job as the ledger knows it now. Times in Unix seconds, `bytes` read from pictures."""

    spec: JobSpec
    status: JobStatus
    total: int = 0
    indexed: int = 0
    unchanged: int = 0
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


class Failure(Message):
    """One file that could not be indexed. `name` as in `FileRef`."""

    uri: str
    code: str
    reason: str
    attempts: int = 1
    size: int = 0
    mtime_ns: int = 0
    name: str | None = None


class ChunkOutcome(Message):
    """What became of a chunk's files; the three counts and the failures add up to its files."""

    indexed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    failures: tuple[Failure, ...] = ()
    #: Ids left out as duplicates or unchanged: no row says that this job has seen them, so a
    #: repeated scan must be told of them.
    duplicate_ids: tuple[str, ...] = ()
    bytes: int = 0
    encode_seconds: float = 0.0


class ChunkClaim(Message):
    """A chunk that a worker may now work on; `attempt` counts from 1."""

    spec: JobSpec
    chunk_id: str
    files: tuple[FileRef, ...]
    attempt: int


class WorkerInfo(Message):
    """A living process, as its heartbeat tells it. `weights` names the exact weights it loaded."""

    id: str
    name: str
    queue: str
    device: str = "cpu"
    runtime: str = ""
    precision: str = ""
    weights: str = ""
    images_per_second: float = 0.0
    started_at: float
    seen_at: float = 0.0


class Crop(Message):
    """A part of the upright picture, in fractions of its width and height (0 to 1)."""

    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)
    width: float = Field(gt=0, le=1)
    height: float = Field(gt=0, le=1)


class Query(Message):
    """One picture to encode at once; its bytes wait in Redis under the query's id."""

    id: str
    pooling: Pooling
    crop: Crop | None = None
    deadline: float


class QueryReply(Message):
    """A query's vector, or why there is none (a picture's code and reason)."""

    vector: tuple[float, ...] | None = None
    weights: str = ""
    seconds: float = 0.0
    code: str | None = None
    reason: str | None = None


FILE_REFS: TypeAdapter[tuple[FileRef, ...]] = TypeAdapter(tuple[FileRef, ...])


def parse_status(state: bytes | None, paused: bytes | None) -> JobStatus | None:
    """A job's status from the ledger's two fields; None when there is no such job."""
    if state is None:
        return None
    status: JobStatus = "paused" if paused == b"1" else cast("JobStatus", state.decode())
    return status
