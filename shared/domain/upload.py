"""An upload: its job, and what became of each file of the request."""

from typing import Literal

from shared.domain.base import Frozen
from shared.domain.job import Job

UploadOutcome = Literal["queued", "indexed", "unchanged", "duplicate", "failed", "rejected"]


class UploadedFile(Frozen):
    """One file of an upload. A rejected file has neither `id` nor `uri` and is not in the job.

    `name` is what the uploader called it; `code` and `reason` say why it failed or was rejected.
    """

    name: str
    id: str | None = None
    uri: str | None = None
    outcome: UploadOutcome
    code: str | None = None
    reason: str | None = None


class UploadResult(Frozen):
    """An upload's job as it is now, and its files in the order they came."""

    job: Job
    files: tuple[UploadedFile, ...]
