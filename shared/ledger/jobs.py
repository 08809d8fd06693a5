"""Jobs: written once, read often, ended by exactly one of done, failed, cancelled."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from redis.exceptions import LockError

from shared import cursors
from shared.domain.chunk import FileRef
from shared.domain.job import FINISHED, Failure, Job, JobError, JobSpec, JobStatus
from shared.domain.renaming import collection_busy
from shared.errors import job_not_found, redis_unavailable
from shared.ledger import keys, scripts
from shared.ledger.failures import FailureLists
from shared.ledger.job_records import parse_index, parse_place, parse_status, to_job, with_cause
from shared.redis import RedisClient, seconds
from shared.retry import Retriable, repeatable
from shared.settings import Settings

_PUSH_BATCH = 500
#: Jobs that one call looks at; Redis answers nobody else meanwhile, for a millisecond or two.
_FIND_BATCH = 1000
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
        self._note_waiting = redis.register_script(scripts.NOTE_WAITING)
        self._account = redis.register_script(scripts.ACCOUNT_FILES)
        self._end = redis.register_script(scripts.END_JOB)
        self._set_paused = redis.register_script(scripts.SET_PAUSED)
        self._find = redis.register_script(scripts.FIND_JOBS)
        self._failures = FailureLists(redis)

    def create(self, spec: JobSpec, files: Iterable[FileRef] = ()) -> Job:
        """Write a job, and for uploads and retries the list of its files before it.

        It is of the request and the span that are open. Raises Conflict `collection_busy`.
        """
        spec = with_cause(spec)
        job, written = keys.for_job(spec.id), 0
        texts = (file.model_dump_json() for file in files)
        while batch := list(itertools.islice(texts, _PUSH_BATCH)):
            self._add_files(keys=job, args=[written, *batch])
            written += len(batch)
        args: list[object] = [spec.model_dump_json(), spec.collection, repr(spec.created_at)]
        args += [int(spec.source.kind == "directory"), self._retention, spec.priority]
        if self._create(keys=job, args=args) < 0:
            raise collection_busy("It is being renamed, or was.")
        return Job(spec=spec, status="queued")

    def now(self) -> float:
        """Unix seconds by the clock of Redis, which orders the jobs of all gateways."""
        return seconds(self._redis.time())

    @repeatable
    def get(self, job_id: str) -> Job:
        """One job, with its counts, its speed and its remaining time."""
        jobs = self._read([job_id])
        if jobs[0] is None:
            raise job_not_found(job_id)
        return jobs[0]

    def get_all(self, job_ids: Sequence[str]) -> Mapping[str, Job]:
        """Jobs by their ids, without those that are gone."""
        found = zip(job_ids, self._read(job_ids), strict=True)
        return {job_id: job for job_id, job in found if job is not None}

    def list(
        self, collection: str | None, status: JobStatus | None, cursor: str | None, limit: int
    ) -> tuple[Sequence[Job], str | None]:
        """Jobs newest first, and the cursor of the next page or None.

        Raises InvalidRequest `invalid_cursor`.
        """
        index = keys.collection_jobs(collection) if collection else keys.JOBS
        return self._list(index, status, cursor, limit)

    def newest_of_directory(self, shows: Callable[[str], bool] = lambda _: True) -> Job | None:
        """The newest job that loads a directory into a collection that is shown; None before it."""
        cursor, wanted = None, 1
        while True:
            jobs, cursor = self._list(keys.DIRECTORY_JOBS, None, cursor, wanted)
            shown = [job for job in jobs if shows(job.spec.collection)]
            if shown or cursor is None:
                return shown[0] if shown else None
            wanted = _FIND_BATCH

    def _list(
        self, index: str, status: JobStatus | None, cursor: str | None, limit: int
    ) -> tuple[Sequence[Job], str | None]:
        after = ("", "") if cursor is None else parse_place(cursor)
        found: list[tuple[str, str]] = []
        while len(found) <= limit:
            args = [status or "", *after, limit + 1 - len(found), _FIND_BATCH]
            reply = [part.decode() for part in self._find(keys=[index, keys.PREFIX], args=args)]
            after, *places = zip(reply[::2], reply[1::2], strict=True)
            found += places
            if after == ("", ""):
                break
        jobs = self._read([job_id for job_id, _ in found[:limit]])
        last = found[limit - 1] if len(found) > limit else None
        more = cursors.encode(last[0], float(last[1])) if last else None
        return [job for job in jobs if job is not None], more

    def active_in(self, collection: str) -> Sequence[Job]:
        """The jobs of a collection that have not ended, in no order."""
        jobs = self._read(self.active())
        return [job for job in jobs if job is not None and job.spec.collection == collection]

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
        start = 0 if cursor is None else parse_index(cursor)
        found = self.failures_from(job_id, start, limit + 1)
        return found[:limit], cursors.encode(start + limit) if len(found) > limit else None

    def failures_from(self, job_id: str, start: int, limit: int) -> Sequence[Failure]:
        """Up to `limit` failures from index `start` on; an index never names another failure."""
        return self._failures.read(job_id, start, limit)

    def iter_failures(self, job_id: str) -> Iterator[Failure]:
        """All failures of a job, read page by page."""
        start = 0
        while page := self.failures_from(job_id, start, _FAILURES_PAGE):
            yield from page
            start += len(page)

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

    @repeatable
    def account(self, ids_by_job: Mapping[str, Sequence[str]]) -> None:
        """Tell jobs that images whose rows they wrote are about to be another job's, or none's.

        Their rows were all that said that these jobs have counted them.
        """
        jobs = list(ids_by_job)
        active = self._redis.smismember(keys.ACTIVE, jobs) if jobs else []
        for job_id in (job_id for job_id, is_active in zip(jobs, active, strict=True) if is_active):
            self._account(keys=keys.for_job(job_id), args=list(ids_by_job[job_id]))

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

    @repeatable
    def note_waiting(self, job_id: str, why: JobError) -> None:
        """Show an active job's `error` as this until one of its chunks is reported."""
        self._note_waiting(keys=keys.for_job(job_id), args=[why.model_dump_json()])

    def pause(self, job_id: str) -> Job:
        """Stop leasing a job's chunks to workers. Idempotent."""
        return self._pause(job_id, "1")

    def resume(self, job_id: str) -> Job:
        """Lease them again. Idempotent."""
        return self._pause(job_id, "0")

    def forget_collection(self, collection: str, generation: str | None = None) -> None:
        """Cancel and delete the jobs of a collection that is being dropped.

        With a `generation`, not those of a collection that was made again under the name.
        """
        index = keys.collection_jobs(collection)
        for member in self._redis.zrange(index, 0, -1):
            job_id = member.decode()
            if not self._is_of(job_id, generation):
                continue
            self._end(keys=keys.for_job(job_id), args=["cancelled", ""])
            self._redis.delete(*keys.lasting(job_id))
            self._redis.zrem(keys.JOBS, member)
            self._redis.zrem(index, member)
        self._redis.delete(keys.dismissed(collection, generation or ""))
        if not self._redis.exists(index):
            self._redis.delete(*keys.of_collection(collection))

    def _is_of(self, job_id: str, generation: str | None) -> bool:
        """Whether a job is of this generation, or it is not known of which."""
        job = None if generation is None else self._read([job_id])[0]
        return job is None or job.spec.generation in (None, generation)

    def _pause(self, job_id: str, value: str) -> Job:
        self.get(job_id)
        self._set_paused(keys=keys.for_job(job_id), args=[value])
        return self.get(job_id)

    def _read(self, job_ids: Sequence[str]) -> Sequence[Job | None]:
        with self._redis.pipeline(transaction=False) as pipe:
            for job_id in job_ids:
                pipe.hgetall(keys.job(job_id))
                pipe.lindex(keys.job(job_id, "rate"), 0)
                pipe.lindex(keys.job(job_id, "rate"), -1)
            pipe.time()
            *rows, now = pipe.execute()
        now = seconds(now)
        places = range(0, len(rows), 3)
        return [to_job(rows[at], rows[at + 1], rows[at + 2], now) for at in places]
