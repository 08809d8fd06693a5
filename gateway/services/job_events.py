"""A job's events as they happen, for one client that follows it."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Literal, NamedTuple

from anyio import CapacityLimiter, to_thread

from shared.domain.job import Failure, Job
from shared.errors import NotFound, Unavailable
from shared.ledger import Event, Events, Jobs

#: At most four `progress` events a second, and as many reads of the ledger.
_POLL_SECONDS = 0.25
_OUTAGE_POLL_SECONDS = 1.0
_BATCH = 500
#: Threads that all followers together may hold, even while Redis hangs.
_THREADS = 8


class JobEvent(NamedTuple):
    """One event. `data` is the Job of `progress` and `end`, the Failure of `failure`.

    `id` is where a client resumes; the first `progress` has none. `outage` says that Redis does
    not answer, and has neither.
    """

    kind: Literal["progress", "failure", "end", "outage"]
    id: str | None = None
    data: Job | Failure | None = None


class JobEventStream:
    """Follows jobs. A follower outlives an outage of Redis."""

    def __init__(self, jobs: Jobs, events: Events) -> None:
        self._jobs = jobs
        self._events = events
        self._threads = CapacityLimiter(_THREADS)

    def has_more(self, job_id: str, after: str | None) -> bool:
        """Whether there is, or may come, an event of a job after the id `after`.

        Raises NotFound `job_not_found`, InvalidRequest `invalid_event_id`.
        """
        finished = self._jobs.get(job_id).finished
        if after is None:
            return True
        return bool(self._events.read_after(job_id, after, 1)) or not finished

    async def follow(self, job_id: str, after: str | None) -> AsyncIterator[JobEvent]:
        """The events of a job after the id `after`, from its first without one, until its `end`.

        Begins with the job's state now, which has no id: clients resume from the last numbered
        event. Several `progress` within a quarter of a second become one; every `failure` and the
        `end` are given.
        """
        last_id = after or "0-0"
        last_progress = -_POLL_SECONDS
        known: Job | None = None
        behind = True
        while True:
            try:
                job, batch = await to_thread.run_sync(
                    self._poll, job_id, last_id, limiter=self._threads
                )
            except Unavailable:
                yield JobEvent("outage")
                await asyncio.sleep(_OUTAGE_POLL_SECONDS)
                continue
            except NotFound:
                if known is not None:
                    # The job was forgotten with its collection.
                    gone = known.model_copy(update={"status": "cancelled"})
                    yield JobEvent("end", last_id, gone)
                return
            if known is None:
                yield JobEvent("progress", None, job)
                last_progress, behind = time.monotonic(), False
            known = job
            for event in batch:
                last_id = event.id
                if event.kind == "failure":
                    yield JobEvent("failure", event.id, Failure.model_validate_json(event.data))
                elif event.kind == "progress":
                    behind = True
                # An `end` needs nothing here: the job that is read with it is finished.
            if job.finished and not batch:
                yield JobEvent("end", last_id, job)
                return
            if behind and time.monotonic() - last_progress >= _POLL_SECONDS:
                yield JobEvent("progress", last_id, job)
                last_progress, behind = time.monotonic(), False
            if len(batch) < _BATCH and not job.finished:
                await asyncio.sleep(_POLL_SECONDS)

    def _poll(self, job_id: str, after: str) -> tuple[Job, Sequence[Event]]:
        # The job first: one that is read as finished has written all its events.
        job = self._jobs.get(job_id)
        return job, self._events.read_after(job_id, after, _BATCH)
