"""A limit on long scans, so that a short one always finds a free thread."""

import contextlib
import threading
from collections.abc import Iterator

from shared.errors import NotFound, Unavailable
from shared.ledger import Jobs


class ScanAdmission:
    """Keeps a quarter of the scan threads free of directory loads, which may take hours.

    The scan of an upload never waits for them.
    """

    def __init__(self, threads: int) -> None:
        self._long = threading.BoundedSemaphore(max(1, threads - threads // 4))

    @contextlib.contextmanager
    def take(self, job_id: str, jobs: Jobs) -> Iterator[bool]:
        """Yields whether the job may be scanned now; if not, recovery sends it again."""
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
        except (NotFound, Unavailable):
            return False  # The scan itself meets the same error, and can wait.
