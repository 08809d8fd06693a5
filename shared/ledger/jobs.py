"""Jobs: written once, read often, ended by exactly one of done, failed, cancelled."""

import itertools
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from redis.exceptions import LockError

from shared import cursors
from shared.domain.chunk import FileRef
from shared.domain.job import FINISHED, Failure, Job, JobError, JobSpec, JobStatus
from shared.errors import invalid_cursor, job_not_found, redis_unavailable
from shared.ledger import keys, scripts
from shared.ledger.job_records import parse_status, to_job
from shared.redis import RedisClient
from shared.retry import Retriable, repeatable
from shared.settings import Settings

_PUSH_BATCH = 500
_LIST_BATCH = 100
_FAILURES_PAGE = 1000
#: Seconds for which a retry of a job may block another one.
_RETRY_LOCK_SECONDS = 30


class JobEnded(Exception):
    """The job was cancelled, failed or deleted in the meantime; its work is not wanted any more."""


class Jobs(Retriable):
    """The jobs of all collections. Raises NotFound `job_not_found` for an unknown id."""

    def __init__(self, redis: RedisClient, settings: Settings) -> None:
        self._redis = redis
        self._retention = int(settings.job_retention_days * 86400)
        self._create = redis.register_script(scripts.CREATE_JOB)
        self._add_files = redis.register_script(scripts.ADD_FILES)
        self._end = redis.register_script(scripts.END_JOB)
        self._set_paused = redis.register_script(scripts.SET_PAUSED)

    def create(self, spec: JobSpec, files: Iterable[FileRef] = ()) -> Job:
        """Write a job, and for uploads and retries the list of its files before it."""
        job, written = keys.for_job(spec.id), 0
        texts = (file.model_dump_json() for file in files)
        while batch := list(itertools.islice(texts, _PUSH_BATCH)):
            self._add_files(keys=job, args=[written, *batch])
            written += len(batch)
        loads_directory = "1" if spec.source.kind == "directory" else "0"
        args = [spec.model_dump_json(), spec.collection, repr(spec.created_at), loads_directory]
        self._create(keys=job, args=[*args, self._retention, spec.priority])
        return Job(spec=spec, status="queued")

    @repeatable
    def get(self, job_id: str) -> Job:
        """One job, with its counts, its speed and its remaining time."""
        jobs = self._read([job_id])
        if jobs[0] is None:
            raise job_not_found(job_id)
        return jobs[0]

    def list(
        self, collection: str | None, status: JobStatus | None, cursor: str | None, limit: int
    ) -> tuple[Sequence[Job], str | None]:
        """Jobs newest first, and the cursor of the next page or None.

        Raises InvalidRequest `invalid_cursor`.
        """
        index = keys.collection_jobs(collection) if collection else keys.JOBS
        return self._list(index, status, cursor, limit)

    def newest_of_directory(self) -> Job | None:
        """The newest job of any collection that loads a directory, or None before the first."""
        jobs, _ = self._list(keys.DIRECTORY_JOBS, None, None, 1)
        return jobs[0] if jobs else None

    def _list(
        self, index: str, status: JobStatus | None, cursor: str | None, limit: int
    ) -> tuple[Sequence[Job], str | None]:
        upper = "+inf" if cursor is None else f"({_parse_score(cursor)!r}"
        found: list[Job] = []
        while True:
            rows = self._redis.zrevrangebyscore(
                index, upper, "-inf", start=0, num=_LIST_BATCH, withscores=True
            )
            if not rows:
                return found, None
            jobs = self._read([member.decode() for member, _ in rows])
            for (member, score), job in zip(rows, jobs, strict=True):
                if job is None:
                    self._redis.zrem(index, member)
                elif status is None or job.status == status:
                    found.append(job)
                    if len(found) == limit:
                        return found, cursors.encode(float(score))
            upper = f"({rows[-1][1]!r}"

    def count_active(self) -> int:
        """How many jobs have not ended."""
        return int(self._redis.scard(keys.ACTIVE))

    def active(self) -> Sequence[str]:
        """The ids of jobs that have not ended."""
        return sorted(member.decode() for member in self._redis.smembers(keys.ACTIVE))

    def failures(
        self, job_id: str, cursor: str | None, limit: int
    ) -> tuple[Sequence[Failure], str | None]:
        """A page of a job's failures in the order they were reported.

        Raises InvalidRequest `invalid_cursor`.
        """
        start = 0 if cursor is None else _parse_index(cursor)
        found = self.failures_from(job_id, start, limit + 1)
        return found[:limit], cursors.encode(start + limit) if len(found) > limit else None

    def failures_from(self, job_id: str, start: int, limit: int) -> Sequence[Failure]:
        """Up to `limit` failures from index `start` on; an index never names another failure."""
        rows = self._redis.lrange(keys.job(job_id, "failures"), start, start + limit - 1)
        return [Failure.model_validate_json(row) for row in rows]

    def iter_failures(self, job_id: str) -> Iterator[Failure]:
        """All failures of a job, read page by page."""
        cursor: str | None = None
        while True:
            page, cursor = self.failures(job_id, cursor, _FAILURES_PAGE)
            yield from page
            if cursor is None:
                return

    def status(self, job_id: str) -> JobStatus | None:
        """A job's current status, `paused` included; None if there is no such job."""
        state, paused = self._redis.hmget(keys.job(job_id), "state", "paused")
        return parse_status(state, paused)

    @repeatable
    def require_active(self, job_id: str) -> JobStatus:
        """The status of an active job. Raises JobEnded for a finished or deleted one."""
        status = self.status(job_id)
        if status is None or status in FINISHED:
            raise JobEnded
        return status

    @contextmanager
    def retry_lock(self, job_id: str) -> Iterator[None]:
        """Held while a job's failures are queued again: a second request waits for the first."""
        try:
            with self._redis.lock(keys.job(job_id, "retry"), timeout=_RETRY_LOCK_SECONDS):
                yield
        except LockError as error:
            # It expired before it was released.
            raise redis_unavailable() from error

    def cancel(self, job_id: str) -> Job:
        """End a job: indexed images stay, pending chunks are dropped. Idempotent."""
        self.get(job_id)
        self._end(keys=keys.for_job(job_id), args=["cancelled", ""])
        return self.get(job_id)

    @repeatable
    def fail(self, job_id: str, error: JobError) -> None:
        """End a job with an error that trying its files again would not cure."""
        self._end(keys=keys.for_job(job_id), args=["failed", error.model_dump_json()])

    def pause(self, job_id: str) -> Job:
        """Stop leasing a job's chunks to workers. Idempotent."""
        return self._pause(job_id, "1")

    def resume(self, job_id: str) -> Job:
        """Lease them again. Idempotent."""
        return self._pause(job_id, "0")

    def forget_collection(self, collection: str) -> None:
        """Cancel and delete every job of a collection that is being dropped."""
        index = keys.collection_jobs(collection)
        for member in self._redis.zrange(index, 0, -1):
            job_id = member.decode()
            self._end(keys=keys.for_job(job_id), args=["cancelled", ""])
            parts = ("", "failures", "events", "chunks", "leases", "rate")
            self._redis.delete(*(keys.job(job_id, part) for part in parts))
            self._redis.zrem(keys.JOBS, member)
        self._redis.delete(index, keys.contents(collection), keys.filesystems(collection))

    def _pause(self, job_id: str, value: str) -> Job:
        self.get(job_id)
        self._set_paused(keys=keys.for_job(job_id), args=[value])
        return self.get(job_id)

    def _read(self, job_ids: Sequence[str]) -> Sequence[Job | None]:
        with self._redis.pipeline(transaction=False) as pipe:
            for job_id in job_ids:
                pipe.hgetall(keys.job(job_id))
                pipe.lrange(keys.job(job_id, "rate"), 0, -1)
            rows = pipe.execute()
        now = time.time()
        return [to_job(rows[i], rows[i + 1], now) for i in range(0, len(rows), 2)]


def _parse_score(cursor: str) -> float:
    (score,) = cursors.decode(cursor, float)
    if not math.isfinite(score):
        raise invalid_cursor()
    return float(score)


def _parse_index(cursor: str) -> int:
    (index,) = cursors.decode(cursor, int)
    # Redis lists hold fewer than 2^32 items.
    if not 0 <= index < 2**32:
        raise invalid_cursor()
    return int(index)
