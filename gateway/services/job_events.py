"""A job's events as they happen, for one client that follows it."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Sequence
from typing import Literal, NamedTuple, Self

from anyio import CapacityLimiter, to_thread

from shared.domain.job import Failure, Job
from shared.errors import InvalidRequest, NotFound, Unavailable
from shared.ledger import Events, Jobs

#: At most four `progress` events a second, and as many reads of the ledger.
_POLL_SECONDS = 0.25
_OUTAGE_POLL_SECONDS = 1.0
_BATCH = 500
#: Threads that all followers together may hold, even while Redis hangs.
_THREADS = 8

_EVENT_ID = re.compile(r"([0-9]{1,10})(-end)?")


class JobEvent(NamedTuple):
    """One event. `data` is the Job of `progress` and `end`, the Failure of `failure`.

    `id` is where a client resumes; the first `progress` has none. `outage` says that Redis does
    not answer, and has neither.
    """

    kind: Literal["progress", "failure", "end", "outage"]
    id: str | None = None
    data: Job | Failure | None = None


class _Position(NamedTuple):
    """What a client has: so many of a job's failures, and whether its `end`."""

    failures: int = 0
    ended: bool = False

    @classmethod
    def of(cls, event_id: str | None) -> Self:
        """The position after an event. Raises InvalidRequest `invalid_event_id`."""
        if event_id is None:
            return cls()
        match = _EVENT_ID.fullmatch(event_id)
        if match is None:
            raise InvalidRequest("invalid_event_id", "Last-Event-ID is none that this stream gave.")
        return cls(int(match[1]), match[2] is not None)

    @property
    def event_id(self) -> str:
        return f"{self.failures}-end" if self.ended else str(self.failures)


class _News(NamedTuple):
    """What a look at the ledger found; `version` changes with the job's counts."""

    job: Job
    version: str
    start: int
    failures: Sequence[Failure]


class JobEventStream:
    """Follows jobs. A follower outlives an outage of Redis.

    An event's id is the number of failures that a client has with it, so that one who comes back
    is given every failure once, however long the job went on meanwhile.
    """

    def __init__(self, jobs: Jobs, events: Events) -> None:
        self._jobs = jobs
        self._events = events
        self._threads = CapacityLimiter(_THREADS)

    def has_more(self, job_id: str, after: str | None) -> bool:
        """Whether there is, or may come, an event of a job after the id `after`.

        Raises NotFound `job_not_found`, InvalidRequest `invalid_event_id`.
        """
        position = _Position.of(after)
        news = self._look(job_id, position.failures, 1)
        return not position.ended or not news.job.finished or bool(news.failures)

    async def follow(self, job_id: str, after: str | None) -> AsyncIterator[JobEvent]:
        """The events of a job after the id `after`, from its first without one, until its `end`.

        Begins with the job's state now, which has no id: clients resume from the last numbered
        event. Several `progress` within a quarter of a second become one; every `failure` and the
        `end` are given.
        """
        position = _Position.of(after)._replace(ended=False)
        last_progress = -_POLL_SECONDS
        known: _News | None = None
        behind = True
        while True:
            try:
                news = await to_thread.run_sync(
                    self._look, job_id, position.failures, _BATCH, limiter=self._threads
                )
            except Unavailable:
                yield JobEvent("outage")
                await asyncio.sleep(_OUTAGE_POLL_SECONDS)
                continue
            except NotFound:
                if known is not None:
                    # The job was forgotten with its collection.
                    gone = known.job.model_copy(update={"status": "cancelled"})
                    yield JobEvent("end", position.event_id, gone)
                return
            if known is None:
                yield JobEvent("progress", None, news.job)
                last_progress, behind = time.monotonic(), False
            elif news.version != known.version:
                behind = True
            known = news
            for count, failure in enumerate(news.failures, news.start + 1):
                position = _Position(count)
                yield JobEvent("failure", position.event_id, failure)
            if news.job.finished and not news.failures:
                end = position._replace(ended=True)
                yield JobEvent("end", end.event_id, news.job)
                return
            if behind and time.monotonic() - last_progress >= _POLL_SECONDS:
                yield JobEvent("progress", position.event_id, news.job)
                last_progress, behind = time.monotonic(), False
            if len(news.failures) < _BATCH and not news.job.finished:
                await asyncio.sleep(_POLL_SECONDS)

    def _look(self, job_id: str, start: int, limit: int) -> _News:
        # The job first: one that is read as finished has written all its failures.
        job = self._jobs.get(job_id)
        version = self._events.last_id(job_id)
        # A Redis that lost its last second has fewer failures than it gave; they come again.
        start = min(start, job.failed)
        return _News(job, version, start, self._jobs.failures_from(job_id, start, limit))
