"""How far jobs are that export or import a collection."""

from collections.abc import Sequence

from shared.ledger import keys, scripts
from shared.ledger.jobs import JobEnded
from shared.ledger.scans import ScanSuperseded
from shared.redis import RedisClient
from shared.retry import Retriable, repeatable

_READ = 1000


class CopyOutdated(Exception):
    """Redis lost an acknowledged step: look again how far the job is."""


class Copies(Retriable):
    """The steps of such jobs, in order, which a job that is begun again goes on behind.

    They go when their job ends. Only the owner of a job's scan adds to them.
    """

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._record = redis.register_script(scripts.RECORD_COPY)

    @repeatable
    def steps(self, job_id: str) -> Sequence[str]:
        """What was recorded of a job's steps."""
        found: list[str] = []
        key = keys.job(job_id, "copied")
        while page := self._redis.lrange(key, len(found), len(found) + _READ - 1):
            found += [step.decode() for step in page]
        return found

    @repeatable
    def record(
        self,
        job_id: str,
        generation: int,
        *,
        expected: int,
        images: int,
        before: int,
        step: str = "",
    ) -> None:
        """Note that `images` of `expected` are copied, and a step if one is done.

        `before` is how many steps came before it. The call may be repeated. Raises
        ScanSuperseded, JobEnded, CopyOutdated.
        """
        args = [generation, max(expected, images), images, before, step]
        reply = self._record(keys=keys.for_job(job_id), args=args)
        if reply == -1:
            raise ScanSuperseded
        if reply == -2:
            raise JobEnded
        if reply == -3:
            raise CopyOutdated
