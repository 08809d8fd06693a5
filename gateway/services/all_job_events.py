"""The events of all jobs as they happen, for one client that follows them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Literal, NamedTuple

from anyio import CapacityLimiter, to_thread

from shared.domain.job import Job
from shared.errors import InvalidRequest, QueueFull, Unavailable
from shared.ledger import JobChanges, Jobs
from shared.ledger.changes import is_position

#: At most four events of a job a second, and as many reads of the ledger for each follower.
_POLL_SECONDS = 0.25
_OUTAGE_POLL_SECONDS = 1.0
#: Entries of the stream in one look; a follower that is slow has no more of it in memory.
_BATCH = 500
_THREADS = 8
MAX_FOLLOWERS = 100

Kind = Literal["progress", "end", "reset", "position", "outage"]


class AnyJobEvent(NamedTuple):
    """One event. `job` is there with `progress` and `end`; `id` is where a client resumes.

    `reset` says that changes were lost, `position` is an id alone, `outage` that Redis is away.
    """

    kind: Kind
    id: str | None = None
    job: Job | None = None


class AllJobEvents:
    """Follows all jobs. Followers outlive an outage of Redis, and hold nothing between two looks.

    An event's id is a position in the ledger's stream of changes. Several changes of a job between
    two looks are one event, with the job as it is then; its end is told once.
    """

    def __init__(self, jobs: Jobs, changes: JobChanges) -> None:
        self._jobs = jobs
        self._changes = changes
        self._threads = CapacityLimiter(_THREADS)
        self._followers = 0

    def check(self, after: str | None) -> None:
        """Raise QueueFull `too_many_followers`, InvalidRequest `invalid_event_id`, Unavailable."""
        if after is not None and not is_position(after):
            raise InvalidRequest("invalid_event_id", "Last-Event-ID is none that this stream gave.")
        if self._followers >= MAX_FOLLOWERS:
            raise QueueFull(
                "too_many_followers",
                f"This gateway has {MAX_FOLLOWERS} clients that follow all jobs, its most.",
            )
        self._changes.newest()

    async def follow(
        self, after: str | None, shows: Callable[[str], bool]
    ) -> AsyncIterator[AnyJobEvent]:
        """Events after the id `after`, without end; of jobs in collections that `shows` is true of.

        Without `after`, and after `reset`, they begin with the jobs that are unfinished now.
        """
        self._followers += 1
        try:
            async with aclosing(self._events(after)) as events:
                async for event in events:
                    if event.job is None or shows(event.job.spec.collection):
                        yield event
                    elif event.id is not None:
                        yield AnyJobEvent("position", event.id)
        finally:
            self._followers -= 1

    async def _events(self, after: str | None) -> AsyncGenerator[AnyJobEvent, None]:
        position = after
        while True:
            try:
                found = await to_thread.run_sync(self._look, position, limiter=self._threads)
            except Unavailable:
                yield AnyJobEvent("outage")
                await asyncio.sleep(_OUTAGE_POLL_SECONDS)
                continue
            for event in found:
                position = event.id or position
                yield event
            await asyncio.sleep(_POLL_SECONDS)

    def _look(self, position: str | None) -> list[AnyJobEvent]:
        if position is None:
            return list(self._unfinished())
        changes = self._changes.after(position, _BATCH)
        if changes.lost:
            return [AnyJobEvent("reset"), *self._unfinished()]
        jobs = self._jobs.get_all([change.job_id for change in changes.changed])
        events = [
            AnyJobEvent(change.kind, change.position, jobs[change.job_id])
            for change in changes.changed
            # Another change says that it has ended; one that is gone was dropped with its images.
            if change.job_id in jobs and jobs[change.job_id].finished == (change.kind == "end")
        ]
        if changes.position != position and (not events or events[-1].id != changes.position):
            events.append(AnyJobEvent("position", changes.position))
        return events

    def _unfinished(self) -> Iterator[AnyJobEvent]:
        # The position first: what changes meanwhile is told again.
        newest = self._changes.newest()
        for job in self._jobs.get_all(self._jobs.active()).values():
            if not job.finished:
                yield AnyJobEvent("progress", None, job)
        yield AnyJobEvent("position", newest)
