"""The scans that run in this process."""

import contextlib
import threading
from collections.abc import Iterator


class ActiveScans:
    """The jobs that this process is scanning, each in one thread only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: set[str] = set()

    @contextlib.contextmanager
    def enter(self, job_id: str) -> Iterator[bool]:
        """Register a scan. Yields False if another thread of this process runs it already."""
        with self._lock:
            free = job_id not in self._jobs
            self._jobs.add(job_id)
        try:
            yield free
        finally:
            if free:
                with self._lock:
                    self._jobs.discard(job_id)

    def jobs(self) -> frozenset[str]:
        """The jobs that are being scanned now."""
        with self._lock:
            return frozenset(self._jobs)
