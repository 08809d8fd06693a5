"""The indexer's side of a job that finds duplicates: ties as they are found, then the groups."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from struct import Struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.domain.duplicates import Computed, Dismissal, DuplicateGroup
from shared.errors import JobFailed
from shared.ledger import keys, scripts
from shared.ledger.duplicate_records import DismissalRecords, pack_group
from shared.ledger.jobs import JobEnded
from shared.ledger.scans import ScanSuperseded
from shared.redis import RedisClient
from shared.retry import Retriable, repeatable

#: Two ids and a cosine.
_TIE = Struct("<16s16sf")
#: As many as a job may have: 144 MB in Redis.
MAX_TIES = 4_000_000
#: Ties as they are read: two ids of 16 bytes, and a cosine.
TIE = np.dtype([("image", "V16"), ("neighbour", "V16"), ("score", "<f4")])
Ties = NDArray[np.void]
_READ = 500
_GROUPS_BATCH = 500


class TiesLost(Exception):
    """Redis lost acknowledged writes: look again."""


class DismissalsChanged(Exception):
    """Something was dismissed since the groups were made, and none were published."""


class Looked(NamedTuple):
    """How far a job is: the last image by id that it looked at, and how many it has."""

    image: str = ""
    images: int = 0


class DirectedTie(NamedTuple):
    """An image, one of its nearest by id, and their cosine."""

    image: str
    neighbour: str
    score: float


class DuplicateTies(Retriable):
    """Ties of all jobs, 36 bytes each, `MAX_TIES` of a job. They go when their job ends."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._dismissals = DismissalRecords(redis)
        self._record = redis.register_script(scripts.RECORD_TIES)
        self._add = redis.register_script(scripts.ADD_GROUPS)
        self._publish = redis.register_script(scripts.PUBLISH_GROUPS)

    @repeatable
    def looked(self, job_id: str) -> Looked:
        """How far an earlier try has come."""
        image, images = self._redis.hmget(keys.job(job_id), "looked_at", "looked")
        return Looked(image.decode(), int(images)) if image else Looked()

    @repeatable
    def record(
        self,
        job_id: str,
        generation: int,
        expected: int,
        before: Looked,
        now: Looked,
        ties: Iterable[DirectedTie],
    ) -> None:
        """Note the ties of the images after `before` up to `now`, of `expected` images in all.

        Raises ScanSuperseded, JobEnded, TiesLost, JobFailed `too_many_ties`.
        """
        packed = _pack(ties)
        args = [generation, max(expected, now.images), before.image, *now, packed]
        args += [len(packed) // _TIE.size, MAX_TIES]
        _check(self._record(keys=keys.for_job(job_id), args=args))

    @repeatable
    def read(self, job_id: str) -> Ties:
        """All ties that a job has found, of shape (ties) and the type `TIE`."""
        found = bytearray()
        start = 0
        while blocks := self._redis.lrange(keys.job(job_id, "ties"), start, start + _READ - 1):
            start += len(blocks)
            for block in blocks:
                found += block
        return np.frombuffer(found, dtype=TIE)

    @repeatable
    def dismissals(self, collection: str, generation: str) -> Sequence[Dismissal]:
        """What was dismissed in a collection of this generation."""
        return self._dismissals.read(collection, generation)

    @repeatable
    def publish(
        self,
        job_id: str,
        generation: int,
        collection: str,
        computed: Computed,
        groups: Iterable[DuplicateGroup],
        dismissals: int,
    ) -> int:
        """Replace a collection's groups, and end the job; returns how many there are.

        `dismissals` is how many were known. Raises ScanSuperseded, JobEnded, TiesLost,
        DismissalsChanged.
        """
        job, count = keys.for_job(job_id), 0
        _check(self._add(keys=job, args=[generation, "1"]))
        left = iter(groups)
        while batch := list(islice(left, _GROUPS_BATCH)):
            args = [part for group in batch for part in _arguments(group)]
            _check(self._add(keys=job, args=[generation, "0", *args]))
            count += len(batch)
        key, text = keys.duplicates(collection), computed.model_dump_json()
        dismissed = keys.dismissed(collection, computed.generation)
        args = [generation, key, text, computed.images, dismissals, count, dismissed]
        _check(self._publish(keys=job, args=args))
        return count


def _arguments(group: DuplicateGroup) -> Iterator[object]:
    yield from (group.grade, bytes.fromhex(group.id), len(group.members), pack_group(group))


def _pack(ties: Iterable[DirectedTie]) -> bytes:
    fromhex = bytes.fromhex
    return b"".join(_TIE.pack(fromhex(t.image), fromhex(t.neighbour), t.score) for t in ties)


def _check(reply: int) -> None:
    if reply == -1:
        raise ScanSuperseded
    if reply == -2:
        raise JobEnded
    if reply == -3:
        raise TiesLost
    if reply == -4:
        raise _too_many_ties()
    if reply == -5:
        raise DismissalsChanged


def _too_many_ties() -> JobFailed:
    return JobFailed(
        "too_many_ties",
        f"More than {MAX_TIES} pairs of these images look alike, so that groups of them would say "
        "little. Keep pictures that all look alike in a collection of their own.",
    )
