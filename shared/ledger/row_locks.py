"""Locks of rows, for whoever reads a row and writes what it has made of it.

Milvus has no such transaction, and a server serialises nothing. All that changes or deletes a row
that is there holds its lock meanwhile: loads, changes of labels, deletions.
"""

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.errors import Unavailable
from shared.ledger import keys, scripts
from shared.ledger.jobs import JobEnded
from shared.redis import RedisClient, is_outage
from shared.retry import Retriable, repeatable


class LockTime(NamedTuple):
    """For how many seconds a lock holds, and in how many of them its write has to begin.

    The rest outlives the time-outs of the write itself.
    """

    seconds: float
    begin: float


#: For a write to Milvus, and for a call to Redis that says what a file is needed for.
MILVUS_WRITE = LockTime(150.0, 40.0)
REDIS_WRITE = LockTime(40.0, 10.0)
#: For what is built in Milvus: its calls take a minute at most, and some follow each other.
_EDITION_CHANGE = LockTime(300.0, 60.0)
#: A read that is not strong may be older than it says by this much.
_STALENESS_SECONDS = 10.0
#: For how long the ledger remembers changes, with a margin.
_REMEMBERED_SECONDS = 3600.0
_POLL_SECONDS = 0.02
#: What says that a write was refused, or not even sent.
_REFUSALS = frozenset({"image_busy", "milvus_full", "storage_unavailable"})
_WAIT_SECONDS = 5.0


@dataclass(frozen=True)
class RowLock:
    """The rows to lock. `writer` names whom changes are by: a job's id, or a call's name.

    `changes_labels` says that tags or metadata may be other ones after it, or rows gone. With
    `chunk`, as (job, chunk), the lock is refused once that chunk is reported. `time` is for what
    is written under it.
    """

    collection: str
    ids: Sequence[str]
    writer: str
    changes_labels: bool = True
    chunk: tuple[str, str] = ("", "")
    time: LockTime = MILVUS_WRITE
    token: str = field(default_factory=lambda: uuid.uuid4().hex)


def edition_lock(collection: str, writer: str) -> RowLock:
    """The lock of whoever changes which editions a collection has: of a row that no image has."""
    return RowLock(collection, ["edition"], writer, changes_labels=False, time=_EDITION_CHANGE)


@dataclass(frozen=True)
class HeldRows:
    """Rows that are locked. `acquired` and `changed` are in Redis's seconds."""

    acquired: float
    changed: float
    deadline: float

    def has_changed_since(self, read: float) -> bool:
        """Whether tags or metadata that were read at `read` may be other ones now.

        `read` is from `RowLocks.now`, before they were read. The lock's own writer does not count.
        """
        margin = MILVUS_WRITE.seconds + _STALENESS_SECONDS
        return self.changed > read - margin or self.acquired > read + _REMEMBERED_SECONDS

    def require_time(self) -> None:
        """To be called before a write. Raises Unavailable where the lock is too old for one."""
        if time.monotonic() > self.deadline:
            raise _busy()


class RowLocks(Retriable):
    """The locks that one process holds.

    `holder` is the id under which the process sends heartbeats: its locks end with them. A process
    without heartbeats has none, and its locks end after their `LockTime`.
    """

    def __init__(self, redis: RedisClient, holder: str = "-") -> None:
        self._redis = redis
        self._holder = holder
        self._lock = redis.register_script(scripts.LOCK_ROWS)
        self._unlock = redis.register_script(scripts.UNLOCK_ROWS)
        self._count = redis.register_script(scripts.COUNT_WRITERS)

    @repeatable
    def now(self) -> float:
        """Redis's time, in seconds."""
        seconds, microseconds = self._redis.time()
        return float(seconds + microseconds / 1e6)

    @repeatable
    def held_since(self, collection: str, moment: float) -> int:
        """How many locks of a collection's rows hold that were taken up to a time of `now`.

        Locks end with the heartbeats of their processes, those of gateways after their time.
        """
        args = [collection, moment, MILVUS_WRITE.seconds]
        return int(self._count(keys=keys.for_job(""), args=args))

    @contextlib.contextmanager
    def hold(
        self, wanted: RowLock, sleep: Callable[[float], None] | None = None
    ) -> Iterator[HeldRows]:
        """Lock rows for as long as the context lasts.

        Without `sleep`, which may raise whatever ends the wait for another holder, it waits for
        five seconds. After an outage the rows stay locked, as a write may be under way. Raises
        Unavailable `image_busy`, JobEnded.
        """
        sleep = sleep or _sleep_until(time.monotonic() + _WAIT_SECONDS)
        while (held := self._try(wanted)) is None:
            sleep(_POLL_SECONDS)
        try:
            yield held
        except Exception as error:
            if not is_outage(error) or getattr(error, "code", "") in _REFUSALS:
                self._release(wanted)
            raise
        self._release(wanted)

    @repeatable
    def _try(self, wanted: RowLock) -> HeldRows | None:
        deadline = time.monotonic() + wanted.time.begin
        job_id, chunk_id = wanted.chunk
        labels, ttl = "1" if wanted.changes_labels else "0", int(wanted.time.seconds * 1000)
        args = [wanted.collection, chunk_id, wanted.writer, self._value(wanted), ttl, labels]
        reply = self._lock(keys=keys.for_job(job_id), args=[*args, *wanted.ids])
        if reply is None:
            raise JobEnded
        return HeldRows(float(reply[1]), float(reply[2]), deadline) if reply[0] else None

    def _release(self, wanted: RowLock) -> None:
        args = [wanted.collection, self._value(wanted), *wanted.ids]
        # What was written is written; the lock ends by itself.
        with contextlib.suppress(Unavailable):
            self._unlock(keys=keys.for_job(""), args=args)

    def _value(self, wanted: RowLock) -> str:
        return f"{self._holder} {wanted.token}"


def _sleep_until(deadline: float) -> Callable[[float], None]:
    def sleep(seconds: float) -> None:
        if time.monotonic() > deadline:
            raise _busy()
        time.sleep(seconds)

    return sleep


def _busy() -> Unavailable:
    return Unavailable("image_busy", "Others are writing this image now; try again in a moment.")
