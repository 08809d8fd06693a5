"""A job put together from the fields that the ledger keeps of it; places in lists of jobs."""

import math
from typing import Any, cast

from shared import cursors, tracing
from shared.domain.job import Job, JobError, JobSpec, JobStatus
from shared.errors import invalid_cursor
from shared.log import bound_request_id


def to_job(
    raw: dict[bytes, bytes], first: bytes | None, last: bytes | None, now: float
) -> Job | None:
    """A job from its hash and two samples of files worked on; None where there is no such job."""
    if b"spec" not in raw:
        return None
    fields = {key.decode(): value.decode() for key, value in raw.items()}

    def number(name: str) -> int:
        return int(fields.get(name, 0))

    def moment(name: str) -> float | None:
        return float(fields[name]) if name in fields else None

    status: Any = "paused" if fields["paused"] == "1" else fields["state"]
    unchanged = number("unchanged") + number("scan_unchanged")
    total = number("chunk_total") + number("scan_unchanged")
    if status != "done":
        # A job that looks for duplicates knows at once how many images there are.
        total = max(total, number("expected"))
    worked = number("indexed") + number("duplicates") + number("failed")
    started, finished = moment("started_at"), moment("finished_at")
    if finished is not None and started is not None:
        speed = worked / max(finished - started, 1e-3)
    else:
        speed = _speed(first, last, now)
    error = fields.get("error") or fields.get("waiting")
    left = total - worked - unchanged
    return Job(
        spec=JobSpec.model_validate_json(fields["spec"]),
        status=status,
        total=total,
        indexed=number("indexed"),
        unchanged=unchanged,
        moved=number("moved"),
        duplicates=number("duplicates"),
        failed=number("failed"),
        ignored=number("ignored"),
        removed=number("removed"),
        bytes=number("bytes"),
        images_per_second=round(speed, 2),
        eta_seconds=round(left / speed, 1) if status == "running" and speed > 0 else None,
        started_at=started,
        finished_at=finished,
        error=JobError.model_validate_json(error) if error else None,
    )


def _speed(first: bytes | None, last: bytes | None, now: float) -> float:
    """Images a second since the first of the samples that are kept."""
    if first is None or last is None:
        return 0.0
    begun, before = first.split()
    _, after = last.split()
    return (int(after) - int(before)) / max(now - float(begun), 1e-3)


def parse_status(state: bytes | None, paused: bytes | None) -> JobStatus | None:
    """A job's status from the ledger's two fields; None when there is no such job."""
    if state is None:
        return None
    status: JobStatus = "paused" if paused == b"1" else cast("JobStatus", state.decode())
    return status


def parse_place(cursor: str) -> tuple[str, str]:
    """The job and its time that a cursor of a list of jobs names. Raises InvalidRequest."""
    job_id, score = cursors.decode(cursor, str, float)
    if not (job_id and job_id.isascii() and math.isfinite(score)):
        raise invalid_cursor()
    return job_id, repr(score)


def parse_index(cursor: str) -> int:
    """The place that a cursor of a list of failures names. Raises InvalidRequest."""
    (index,) = cursors.decode(cursor, int)
    if not 0 <= index < 2**32:  # what a list of Redis may hold
        raise invalid_cursor()
    return int(index)


def with_cause(spec: JobSpec) -> JobSpec:
    """A job with the request that is being answered, and the open span, unless it names some."""
    cause = {
        "request_id": spec.request_id or bound_request_id(),
        "traceparent": spec.traceparent or tracing.traceparent(),
    }
    return spec.model_copy(update=cause)
