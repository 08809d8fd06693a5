"""A job put together from the fields that the ledger keeps of it."""

from collections.abc import Sequence
from typing import Any, cast

from shared.domain.job import Job, JobError, JobSpec, JobStatus


def to_job(raw: dict[bytes, bytes], rate: Sequence[bytes], now: float) -> Job | None:
    """A job from its hash and its samples of files worked on; None where there is no such job."""
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
    worked = number("indexed") + number("duplicates") + number("failed")
    started, finished = moment("started_at"), moment("finished_at")
    speed = _speed(rate, worked, started, finished, now)
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


def _speed(
    rate: Sequence[bytes],
    worked: int,
    started: float | None,
    finished: float | None,
    now: float,
) -> float:
    """Images a second: over the last samples while it runs, over all of it once it ended."""
    if finished is not None and started is not None:
        return worked / max(finished - started, 1e-3)
    samples = [(float(t), int(n)) for t, n in (row.split() for row in rate)]
    if len(samples) < 2:
        return 0.0
    (first, before), (_, after) = samples[0], samples[-1]
    return (after - before) / max(now - first, 1e-3)


def parse_status(state: bytes | None, paused: bytes | None) -> JobStatus | None:
    """A job's status from the ledger's two fields; None when there is no such job."""
    if state is None:
        return None
    status: JobStatus = "paused" if paused == b"1" else cast("JobStatus", state.decode())
    return status
