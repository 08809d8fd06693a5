"""An upload from end to end: inspected, stored, queued as a job, and waited for if asked."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from anyio import to_thread
from fastapi import UploadFile

from gateway.files import uploads
from gateway.files.uploads import Received
from gateway.schemas.images import Upload, UploadedFile
from gateway.schemas.jobs import job_fields
from gateway.services.loads import LoadService
from shared.domain.job import Failure, Job, OnDuplicate, UploadSource
from shared.errors import Conflict, PictureError
from shared.ledger import Jobs
from shared.settings import Settings
from shared.store import Images

_POLL_SECONDS = 0.1
#: Files that the sentence of a refusal names.
_NAMED = 5


class Queued(NamedTuple):
    """An upload's job, and what became of each file of the request."""

    job: Job
    files: Sequence[Received]


class UploadService:
    """Takes uploads in."""

    def __init__(self, settings: Settings, loads: LoadService, jobs: Jobs, images: Images) -> None:
        self._settings = settings
        self._loads = loads
        self._jobs = jobs
        self._images = images

    def store_and_queue(
        self,
        collection: str,
        files: Sequence[UploadFile],
        *,
        on_duplicate: OnDuplicate,
        tags: Sequence[str],
        metadata: dict[str, Any],
    ) -> Queued:
        """Store the pictures among `files` and queue them as one job.

        Files that are no pictures are rejected at once and are no part of the job; equal files
        count once. Raises PictureError when none is a picture, and what
        `LoadService.check_can_queue` and `uploads.store` raise.
        """
        incoming = [uploads.inspect(file.filename, file.file) for file in files]
        if all(file.error for file in incoming):
            _refuse([(file.name, file.error) for file in incoming if file.error])
        self._loads.check_can_queue(collection)
        received = uploads.store(incoming, collection, self._settings)
        refs = {file.ref.uri: file.ref for file in received if file.ref}
        job = self._loads.queue(
            collection,
            UploadSource(files=len(refs)),
            on_duplicate=on_duplicate,
            tags=tags,
            metadata=metadata,
            files=refs.values(),
        )
        return Queued(job, received)

    async def wait(self, queued: Queued) -> Upload:
        """Wait until an upload is searchable, for `wait_timeout_seconds` at most.

        The reply's `finished_at` tells whether it is. Raises PictureError when no file of it could
        be indexed, Conflict `job_cancelled`, `job_failed`.
        """
        deadline = time.monotonic() + self._settings.wait_timeout_seconds
        while True:
            job = await to_thread.run_sync(self._jobs.get, queued.job.spec.id)
            if job.finished:
                return await to_thread.run_sync(self._outcome, job, queued.files)
            if time.monotonic() > deadline:
                return accepted(Queued(job, queued.files))
            await asyncio.sleep(_POLL_SECONDS)

    def _outcome(self, job: Job, files: Sequence[Received]) -> Upload:
        if job.status == "cancelled":
            raise Conflict("job_cancelled", "The upload's job was cancelled.")
        if job.status == "failed":
            reason = job.error.detail if job.error else "The log has the cause."
            raise Conflict("job_failed", f"The upload's job failed: {reason}")
        failures = {failure.uri: failure for failure in self._jobs.iter_failures(job.spec.id)}
        ids = sorted({file.ref.id for file in files if file.ref})
        # Strong: what is found now, every later search finds.
        rows = self._images.get_many(job.spec.collection, ids, strong=True)
        writers = {image_id: row.job for image_id, row in rows.items()}
        outcomes = [_outcome(file, failures, writers, job.spec.id) for file in files]
        if not any(
            outcome.outcome in ("indexed", "unchanged", "duplicate") for outcome in outcomes
        ):
            _refuse([(o.name, PictureError(o.code or "corrupt", o.reason or "")) for o in outcomes])
        return Upload(**job_fields(job), files=outcomes)


def accepted(queued: Queued) -> Upload:
    """What an upload is answered with that is not waited for."""
    files = [
        _rejected(file)
        if file.ref is None
        else UploadedFile(name=file.name, id=file.ref.id, uri=file.ref.uri, outcome="queued")
        for file in queued.files
    ]
    return Upload(**job_fields(queued.job), files=files)


def _outcome(
    file: Received, failures: dict[str, Failure], writers: dict[str, str], job_id: str
) -> UploadedFile:
    """What became of a file. `writers` maps the ids of indexed images to the job of their row."""
    if file.ref is None:
        return _rejected(file)
    ref = file.ref
    if failure := failures.get(ref.uri):
        return UploadedFile(
            name=file.name,
            id=ref.id,
            uri=ref.uri,
            outcome="failed",
            code=failure.code,
            reason=failure.reason,
        )
    writer = writers.get(ref.id)
    return UploadedFile(
        name=file.name,
        id=ref.id,
        uri=ref.uri,
        outcome="duplicate" if writer is None else "indexed" if writer == job_id else "unchanged",
    )


def _rejected(file: Received) -> UploadedFile:
    error = file.error or PictureError("unreadable", "The file cannot be read.")
    return UploadedFile(
        name=file.name, id=None, uri=None, outcome="rejected", code=error.code, reason=error.detail
    )


def _refuse(errors: Sequence[tuple[str, PictureError]]) -> None:
    """Raise the first file's error, with a sentence that names a few of them."""
    named = [f"{name or 'a file without a name'}: {error.detail}" for name, error in errors]
    detail = " ".join(named[:_NAMED])
    if len(errors) > _NAMED:
        detail += f" And {len(errors) - _NAMED} more."
    raise PictureError(errors[0][1].code, detail)
