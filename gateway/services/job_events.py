"""A job's events as they happen, for Server-Sent Events."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

from anyio import CapacityLimiter, to_thread
from fastapi.sse import ServerSentEvent

from gateway.schemas import jobs as schemas
from shared.domain import job as messages
from shared.errors import NotFound, Unavailable
from shared.ledger import Event, Events, Jobs

#: At most four `progress` events a second, and as many looks at the ledger.
_POLL_SECONDS = 0.25
_AWAY_SECONDS = 1.0
_BATCH = 500
#: Milliseconds after which browsers come back when the connection is lost.
_RETRY_MS = 1000
#: Threads that all event streams together may hold, whatever becomes of Redis.
_THREADS = 8


class JobEventStream:
    """Follows jobs. Redis may go away meanwhile: the stream says so in a comment and goes on."""

    def __init__(self, jobs: Jobs, events: Events) -> None:
        self._jobs = jobs
        self._events = events
        self._threads = CapacityLimiter(_THREADS)

    def has_more(self, job_id: str, after: str | None) -> bool:
        """Whether there is, or may come, anything after the event `after` of a job.

        Raises NotFound `job_not_found`, InvalidRequest `invalid_event_id`.
        """
        finished = self._jobs.get(job_id).finished
        if after is None:
            return True
        return bool(self._events.read_after(job_id, after, 1)) or not finished

    async def follow(self, job_id: str, after: str | None) -> AsyncIterator[ServerSentEvent]:
        """The events of a job after the id `after`, from its first without one.

        Begins with its state now, which has no id: resuming goes by the last numbered event.
        Progress is drawn together to four events a second; failures and the end are never left
        out. Ends after `end`.
        """
        last_id = after or "0-0"
        last_progress = -_POLL_SECONDS
        known: messages.Job | None = None
        behind = True
        while True:
            try:
                job, batch = await to_thread.run_sync(
                    self._poll, job_id, last_id, limiter=self._threads
                )
            except Unavailable:
                yield ServerSentEvent(comment="Redis is away; this stream goes on when it is back")
                await asyncio.sleep(_AWAY_SECONDS)
                continue
            except NotFound:
                if known is not None:
                    # Its collection was dropped, and the job with it.
                    gone = known.model_copy(update={"status": "cancelled"})
                    yield _event("end", gone, last_id)
                return
            if known is None:
                yield _event("progress", job, None)
                last_progress, behind = time.monotonic(), False
            known = job
            for event in batch:
                last_id = event.id
                if event.kind == "failure":
                    failure = messages.Failure.model_validate_json(event.data)
                    data = schemas.Failure.of(failure)
                    yield ServerSentEvent(event="failure", id=event.id, data=data)
                elif event.kind == "progress":
                    behind = True
                # The end itself needs no more than to be noticed: below, as `finished`.
            if job.finished and not batch:
                yield _event("end", job, last_id)
                return
            if behind and time.monotonic() - last_progress >= _POLL_SECONDS:
                yield _event("progress", job, last_id)
                last_progress, behind = time.monotonic(), False
            if len(batch) < _BATCH and not job.finished:
                await asyncio.sleep(_POLL_SECONDS)

    def _poll(self, job_id: str, after: str) -> tuple[messages.Job, Sequence[Event]]:
        # In this order: a job read as finished has written all its events.
        job = self._jobs.get(job_id)
        return job, self._events.read_after(job_id, after, _BATCH)


def _event(kind: str, job: messages.Job, event_id: str | None) -> ServerSentEvent:
    return ServerSentEvent(
        event=kind, id=event_id, data=schemas.Job.of(job), retry=_RETRY_MS if not event_id else None
    )
