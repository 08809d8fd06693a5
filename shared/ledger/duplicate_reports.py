"""What of a load looks like a copy of something that was there already, as its chunks report it."""

from collections.abc import Sequence

from shared import cursors
from shared.domain.duplicates import DuplicateReport
from shared.errors import invalid_cursor
from shared.ledger import keys
from shared.redis import RedisClient

#: Reports that a job keeps, of 200 bytes or so; further ones are counted.
MAX_REPORTS = 100_000


class DuplicateReports:
    """The reports of all jobs, for as long as these are kept."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    def count(self, job_id: str) -> int:
        """How many files were reported."""
        return int(self._redis.hget(keys.job(job_id), "reported") or 0)

    def page(
        self, job_id: str, cursor: str | None, limit: int
    ) -> tuple[Sequence[DuplicateReport], str | None]:
        """Reports in the order in which they came. Raises InvalidRequest `invalid_cursor`."""
        start = 0
        if cursor is not None:
            (start,) = cursors.decode(cursor, int)
            if not 0 <= start < 2**32:
                raise invalid_cursor()
        raw = self._redis.lrange(keys.job(job_id, "reported"), start, start + limit)
        found = [DuplicateReport.model_validate_json(each) for each in raw[:limit]]
        return found, cursors.encode(start + limit) if len(raw) > limit else None
