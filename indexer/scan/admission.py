"""Places for long scans, so that a short one always finds a free thread."""

import contextlib
import threading
from collections.abc import Iterator

from redis.exceptions import RedisError

from shared.errors import NotFound
from shared.ledger import Jobs


class ScanAdmission:
    """Of the scan threads a quarter is kept free of directory loads, which may take hours.

    A person who uploads a picture does not wait behind them.
    """

    def __init__(self, threads: int) -> None:
        self._long = threading.BoundedSemaphore(max(1, threads - threads // 4))

    @contextlib.contextmanager
    def take(self, job_id: str, jobs: Jobs) -> Iterator[bool]:
        """Whether the job may be scanned now; if not, it is sent again by and by."""
        if not self._is_long(job_id, jobs):
            yield True
            return
        taken = self._long.acquire(blocking=False)
        try:
            yield taken
        finally:
            if taken:
                self._long.release()

    def _is_long(self, job_id: str, jobs: Jobs) -> bool:
        try:
            return jobs.get(job_id).spec.source.kind != "upload"
        except (NotFound, RedisError):
            return False  # The scan itself finds the same, and can wait.
