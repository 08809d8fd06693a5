"""The indexer's side of a job: its scan.

A scan that is begun again, because its indexer was killed, is a new generation: the old one's
counts of unchanged and ignored files are reset, its chunks stay. Calls of the old generation, if
it still runs, are refused (`ScanSuperseded`).
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shared.domain.chunk import FILE_REFS, ChunkOutcome, FileRef
from shared.domain.job import Failure
from shared.ledger import keys, scripts
from shared.ledger.chunks import chunk_payload, outcome_arguments, packed_ids
from shared.ledger.jobs import JobEnded
from shared.redis import RedisClient
from shared.retry import Retriable, repeatable


class ScanSuperseded(Exception):
    """Another indexer has begun this scan again."""


@dataclass(frozen=True)
class ScanStart:
    """A scan that has begun. `pending_ids` are images in chunks of an earlier try.

    `walk` is what an earlier try kept of its walk, whose chunks are all reported; '' where the
    source is to be walked: from `cursor` on, where it is not ''.
    """

    generation: int
    pending_ids: frozenset[str]
    walk: str = ""
    cursor: str = ""

    @property
    def is_restart(self) -> bool:
        """Whether an earlier try may have accounted for some files."""
        return self.generation > 1


class ScanCounts(NamedTuple):
    """Files in chunks, of all tries of a scan; unchanged and ignored files, of the last try."""

    chunked: int
    unchanged: int
    ignored: int


class Scans(Retriable):
    """The scans of all jobs, as the indexer process `indexer_id` sees them."""

    def __init__(self, redis: RedisClient, indexer_id: str) -> None:
        self._redis = redis
        self._indexer = indexer_id
        self._begin = redis.register_script(scripts.BEGIN_SCAN)
        self._add_chunks = redis.register_script(scripts.ADD_CHUNKS)
        self._record = redis.register_script(scripts.RECORD_SCAN)
        self._removal = redis.register_script(scripts.RECORD_REMOVAL)
        self._end_walk = redis.register_script(scripts.END_WALK)
        self._note = redis.register_script(scripts.NOTE_ONCE)
        self._suspend = redis.register_script(scripts.SUSPEND_SCAN)
        self._finish = redis.register_script(scripts.FINISH_SCAN)
        self._complete = redis.register_script(scripts.COMPLETE_CHUNK)
        self._find = redis.register_script(scripts.FIND_REMEMBERED)

    @repeatable
    def begin(self, job_id: str, *, afresh: bool = False) -> ScanStart | None:
        """Become the owner of a job's scan; None if it ended or another live indexer owns it.

        None also while it is paused, or waits for the chunks of a finished walk. The owner may
        begin it again: as a new generation, after which the old one is refused; `afresh` if what
        was kept of a walk is of no use.
        """
        args = [self._indexer, "1" if afresh else "0"]
        reply = self._begin(keys=keys.for_job(job_id), args=args)
        if reply is None:
            return None
        ids = (ref.id for payload in reply[1] for ref in FILE_REFS.validate_json(payload))
        return ScanStart(int(reply[0]), frozenset(ids), reply[2].decode(), reply[3].decode())

    @repeatable
    def add_chunks(
        self, job_id: str, generation: int, chunks: Mapping[str, Sequence[FileRef]]
    ) -> int:
        """Write chunks, by their ids; returns how many chunks of the job are pending now.

        The call may be repeated: the chunks that were added last count once. Raises
        ScanSuperseded, JobEnded.
        """
        args = _chunk_arguments(generation, chunks)
        return _checked(self._add_chunks(keys=keys.for_job(job_id), args=args))

    def record(
        self,
        job_id: str,
        generation: int,
        *,
        unchanged: int,
        ignored: int,
        cursor: str = "",
        token: str | None = None,
    ) -> None:
        """Count files that need no chunk; with the same `token` as last time, count nothing.

        `cursor` is where a listing that is begun again may go on: all before it is in chunks by
        now, or counted.

        Raises ScanSuperseded, JobEnded.
        """
        args = [generation, unchanged, ignored, token or _new_id(), cursor]
        _checked(self._repeat(self._record, keys=keys.for_job(job_id), args=args))

    def fail(
        self,
        job_id: str,
        generation: int,
        failures: Sequence[Failure],
        chunk_id: str | None = None,
    ) -> None:
        """Count files that failed before any worker saw them: a chunk, added and completed.

        As `add_chunks` in the rest. Raises ScanSuperseded, JobEnded.
        """
        chunk_id = chunk_id or _new_id()
        files = [FileRef(uri=f.uri, size=f.size, mtime_ns=f.mtime_ns) for f in failures]
        outcome = ChunkOutcome(failures=tuple(failures))
        added = _chunk_arguments(generation, {chunk_id: files})
        completed = outcome_arguments(chunk_id, outcome)
        _checked(self._repeat(self._add_completed, job_id, added, completed))

    def _add_completed(
        self, job_id: str, added: Sequence[object], completed: Sequence[object]
    ) -> int:
        job = keys.for_job(job_id)
        with self._redis.pipeline(transaction=True) as pipe:
            self._add_chunks(keys=job, args=added, client=pipe)
            self._complete(keys=job, args=completed, client=pipe)
            return int(pipe.execute()[0])

    @repeatable
    def counts(self, job_id: str) -> ScanCounts:
        """What the ledger has counted of a scan."""
        fields = ("chunk_total", "scan_unchanged", "ignored")
        return ScanCounts(*(int(n or 0) for n in self._redis.hmget(keys.job(job_id), *fields)))

    @repeatable
    def removal_begun(self, job_id: str) -> Sequence[str]:
        """Ids whose removal was begun and not yet counted, of an earlier try."""
        raw = self._redis.hget(keys.job(job_id), "removing")
        ids: list[str] = json.loads(raw) if raw else []
        return ids

    @repeatable
    def begin_removal(self, job_id: str, generation: int, ids: Sequence[str]) -> None:
        """Note ids before their rows are deleted, so that a restart counts them once."""
        args = [generation, json.dumps(list(ids)), len(ids)]
        _checked(self._removal(keys=keys.for_job(job_id), args=args))

    @repeatable
    def end_removal(self, job_id: str, generation: int, removed: int) -> None:
        """Count the rows noted by `begin_removal` once they are deleted."""
        _checked(self._removal(keys=keys.for_job(job_id), args=[generation, "", removed]))

    @repeatable
    def note_source_rows(self, job_id: str, rows: int) -> int:
        """Note how many rows a source had before its load; returns what the first try noted.

        Raises JobEnded.
        """
        noted = self._note(keys=keys.for_job(job_id), args=["source_rows", rows])
        if noted is None:
            raise JobEnded
        return int(noted)

    @repeatable
    def note_edition(self, job_id: str, edition: str) -> str:
        """Note of which edition a job is; returns what its first try noted. Raises JobEnded."""
        noted = self._note(keys=keys.for_job(job_id), args=["edition", edition])
        if noted is None:
            raise JobEnded
        return str(noted.decode())

    @repeatable
    def last_chunk(self, job_id: str) -> str:
        """The id of the chunk that was added last, by whichever try; '' for none."""
        last = self._redis.hget(keys.job(job_id), "last_chunk")
        return last.decode() if last else ""

    @repeatable
    def end_walk(self, job_id: str, generation: int) -> None:
        """All files are in chunks: the job runs, while its scan waits for them to be reported."""
        _checked(self._end_walk(keys=keys.for_job(job_id), args=[generation]))

    @repeatable
    def suspend(self, job_id: str, generation: int, walk: str) -> None:
        """End the ownership of a scan until its job is resumed or, with a `walk`, all is reported.

        Raises ScanSuperseded, JobEnded.
        """
        _checked(self._suspend(keys=keys.for_job(job_id), args=[generation, walk]))

    @repeatable
    def finish(self, job_id: str, generation: int) -> None:
        """All files are accounted for; the last chunk closes the job."""
        _checked(self._finish(keys=keys.for_job(job_id), args=[generation]))

    @repeatable
    def pending(self, job_id: str) -> int:
        """How many chunks of a job wait or are in work."""
        return int(self._redis.hlen(keys.job(job_id, "chunks")))

    @repeatable
    def accounted(self, job_id: str, ids: Sequence[str]) -> Sequence[bool]:
        """For each id, whether this job reported it without a row of its own, and remembers it."""
        found = self._find(keys=keys.for_job(job_id), args=[packed_ids(ids)])
        return [known == ord("1") for known in found]

    @repeatable
    def files(self, job_id: str, start: int = 0, limit: int = 500) -> Sequence[FileRef]:
        """Up to `limit` of the files of an upload's or a retry's job, from index `start` on."""
        rows = self._redis.lrange(keys.job(job_id, "files"), start, start + limit - 1)
        return [FileRef.model_validate_json(row) for row in rows]


def _chunk_arguments(generation: int, chunks: Mapping[str, Sequence[FileRef]]) -> list[object]:
    arguments: list[object] = [generation]
    for chunk_id, files in chunks.items():
        arguments += [chunk_id, chunk_payload(files), len(files)]
    return arguments


def _new_id() -> str:
    return uuid.uuid4().hex


def _checked(reply: int) -> int:
    if reply == -1:
        raise ScanSuperseded
    if reply == -2:
        raise JobEnded
    return int(reply)
