"""Uploads: inspects and stores the files, queues their job, and waits for it on request."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, NamedTuple

from anyio import to_thread

from gateway.files import uploads
from gateway.files.incoming import Incoming, inspect_all
from gateway.files.uploads import Received
from gateway.services.labels import WRITER
from gateway.services.loads import LoadOptions, LoadService
from shared.domain.job import Failure, Job, UploadSource
from shared.domain.upload import UploadedFile, UploadResult
from shared.errors import Conflict, PictureError
from shared.ledger import REDIS_WRITE, AsyncEvents, Jobs, RowLock, RowLocks
from shared.settings import Settings
from shared.store import Collections, Images, Regions

#: How many files the error names when none of an upload can be used.
_NAMED_FILES = 5
_SEARCHABLE = frozenset({"indexed", "unchanged", "duplicate"})


class SentFile(NamedTuple):
    """One file of a request, and what the uploader called it."""

    name: str | None
    file: IO[bytes]


@dataclass(frozen=True)
class QueuedUpload:
    """An upload whose job is queued, and what became of each file of the request."""

    job: Job
    received: Sequence[Received]

    @property
    def result(self) -> UploadResult:
        """The answer for a client that does not wait for the job's end."""
        files = [
            _rejected(file)
            if file.ref is None
            else UploadedFile(name=file.name, id=file.ref.id, uri=file.ref.uri, outcome="queued")
            for file in self.received
        ]
        return UploadResult(job=self.job, files=tuple(files))


class Searchable(NamedTuple):
    """What of Milvus says that an upload is searchable."""

    collections: Collections
    images: Images
    regions: Regions


class UploadService:
    """Stores uploaded pictures and queues them as jobs."""

    def __init__(
        self,
        settings: Settings,
        loads: LoadService,
        jobs: Jobs,
        events: AsyncEvents,
        store: Searchable,
        row_locks: RowLocks,
    ) -> None:
        self._settings = settings
        self._loads = loads
        self._jobs = jobs
        self._events = events
        self._store = store
        self._row_locks = row_locks

    def store_and_queue(
        self, collection: str, files: Sequence[SentFile], options: LoadOptions
    ) -> QueuedUpload:
        """Store the pictures among `files` and queue them as one job.

        In place of an archive there are the pictures in it; all archives together have up to
        10,000 members and four times the largest request. Files that are no pictures are
        rejected at once and are not in the job; equal files count once. Raises PictureError when
        none is a picture, and what `LoadService.check_can_queue` and `uploads.staged` raise,
        Unavailable `image_busy`.
        """
        with ExitStack() as cleanup:
            incoming = inspect_all(files, self._settings, cleanup)
            return self._store_and_queue(collection, incoming, options)

    def _store_and_queue(
        self, collection: str, incoming: Sequence[Incoming], options: LoadOptions
    ) -> QueuedUpload:
        if all(file.error for file in incoming):
            raise _unusable([(file.name, file.error) for file in incoming if file.error])
        target = self._loads.check_can_queue(collection)
        with uploads.staged(incoming, target, self._settings) as staged:
            # Nobody deletes a file as unwanted between its being placed, or found, and its job.
            lock = RowLock(collection, staged.ids, WRITER, changes_labels=False, time=REDIS_WRITE)
            with self._row_locks.hold(lock) as held:
                received = staged.place()
                refs = {file.ref.uri: file.ref for file in received if file.ref}
                source = UploadSource(files=len(refs))
                held.require_time()
                job = self._loads.queue(target, source, options, files=refs.values())
        return QueuedUpload(job, received)

    async def wait(self, queued: QueuedUpload) -> UploadResult:
        """Wait until an upload is searchable, for `wait_timeout_seconds` at most.

        If the time runs out, the result's job is not finished. Raises PictureError
        when no file of it could be indexed, Conflict `job_cancelled`, `job_failed`, NotFound
        `job_not_found` when the collection was dropped meanwhile.
        """
        job_id = queued.job.spec.id
        await self._events.await_end(job_id, self._settings.wait_timeout_seconds)
        job = await to_thread.run_sync(self._jobs.get, job_id)
        if not job.finished:
            return QueuedUpload(job, queued.received).result
        return await to_thread.run_sync(self._finished_result, job, queued.received)

    def _finished_result(self, job: Job, received: Sequence[Received]) -> UploadResult:
        if job.status == "cancelled":
            raise Conflict("job_cancelled", "The upload's job was cancelled.")
        if job.status == "failed":
            reason = job.error.detail if job.error else "The log has the cause."
            raise Conflict("job_failed", f"The upload's job failed: {reason}")
        failures = {failure.uri: failure for failure in self._jobs.iter_failures(job.spec.id)}
        ids = sorted({file.ref.id for file in received if file.ref})
        # A strongly consistent read: what it finds, every later search finds too.
        rows = self._store.images.get_many(job.spec.collection, ids, strong=True)
        identity = self._store.collections.identity(job.spec.collection)
        if identity.regions:
            self._store.regions.await_writes(identity.name, identity.edition)
        writers = {image_id: row.job for image_id, row in rows.items()}
        files = [_outcome(file, failures, writers, job.spec.id) for file in received]
        if not any(file.outcome in _SEARCHABLE for file in files):
            raise _unusable(
                [(f.name, PictureError(f.code or "corrupt", f.reason or "")) for f in files]
            )
        return UploadResult(job=job, files=tuple(files))


def _outcome(
    file: Received, failures: dict[str, Failure], writers: dict[str, str], job_id: str
) -> UploadedFile:
    """What became of a file. `writers` maps the ids of indexed images to the job of their row."""
    if file.ref is None:
        return _rejected(file)
    known = {"name": file.name, "id": file.ref.id, "uri": file.ref.uri}
    if failure := failures.get(file.ref.uri):
        return UploadedFile(**known, outcome="failed", code=failure.code, reason=failure.reason)
    writer = writers.get(file.ref.id)
    outcome = "duplicate" if writer is None else "indexed" if writer == job_id else "unchanged"
    return UploadedFile(**known, outcome=outcome)


def _rejected(file: Received) -> UploadedFile:
    error = file.error or PictureError("unreadable", "The file cannot be read.")
    return UploadedFile(name=file.name, outcome="rejected", code=error.code, reason=error.detail)


def _unusable(errors: Sequence[tuple[str, PictureError]]) -> PictureError:
    """The first file's error, with a detail that names the first few files."""
    named = [f"{name or 'a file without a name'}: {error.detail}" for name, error in errors]
    detail = " ".join(named[:_NAMED_FILES])
    if len(errors) > _NAMED_FILES:
        detail += f" And {len(errors) - _NAMED_FILES} more."
    return PictureError(errors[0][1].code, detail)
