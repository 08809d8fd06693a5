"""Places for long scans, so that a short one always finds a free thread."""

import contextlib
import threading
from collections.abc import Iterator

from redis.exceptions import RedisError

from indexer.scan.scan import Services
from shared.errors import NotFound


class ScanAdmission:
    """Of the scan threads a quarter is kept free of directory loads, which may take hours.

    A person who uploads a picture does not wait behind them.
    """

    def __init__(self, threads: int) -> None:
        self._long = threading.BoundedSemaphore(max(1, threads - threads // 4))

    @contextlib.contextmanager
    def take(self, job_id: str, services: Services) -> Iterator[bool]:
        """Whether the job may be scanned now; if not, it is sent again by and by."""
        if not self._is_long(job_id, services):
            yield True
            return
        taken = self._long.acquire(blocking=False)
        try:
            yield taken
        finally:
            if taken:
                self._long.release()

    def _is_long(self, job_id: str, services: Services) -> bool:
        try:
            return services.jobs.get(job_id).spec.source.kind != "upload"
        except (NotFound, RedisError):
            return False  # The scan itself finds the same, and can wait.
