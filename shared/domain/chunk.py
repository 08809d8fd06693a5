"""A chunk: the files of one Celery message, and what became of them."""

from pydantic import TypeAdapter

from shared.domain.base import Frozen
from shared.domain.duplicates import DuplicateReport
from shared.domain.image import image_id
from shared.domain.job import Failure, JobSpec


class FileRef(Frozen):
    """One file of a load. `size` in bytes; `name` is what an uploader called it, for show only.

    `source_url` is the address that it was fetched from, or is to be where `uri` is that, too.
    `not_moved` is true where every row of a file of this size still had its file when the load was
    scanned: no row is there for this file to take over.
    """

    uri: str
    size: int
    mtime_ns: int
    name: str | None = None
    source_url: str | None = None
    not_moved: bool | None = None

    @property
    def id(self) -> str:
        return image_id(self.uri)


class ChunkOutcome(Frozen):
    """What became of a chunk's files; the three counts and the failures add up to its files."""

    indexed: int = 0
    unchanged: int = 0
    #: How many of the unchanged were moves: files that took over the row of another uri.
    moved: int = 0
    duplicates: int = 0
    failures: tuple[Failure, ...] = ()
    #: The ids of both: no row says that this job has seen them, so a repeated scan must be told.
    duplicate_ids: tuple[str, ...] = ()
    unchanged_ids: tuple[str, ...] = ()
    #: Files that look like copies, where the job asks for it.
    reports: tuple[DuplicateReport, ...] = ()
    bytes: int = 0
    encode_seconds: float = 0.0


class ChunkClaim(Frozen):
    """A chunk that a worker may now work on; `attempt` counts from 1. `token` names its lease."""

    spec: JobSpec
    chunk_id: str
    files: tuple[FileRef, ...]
    attempt: int
    token: str


FILE_REFS: TypeAdapter[tuple[FileRef, ...]] = TypeAdapter(tuple[FileRef, ...])
