"""Memory of a running process, sampled from another."""

import statistics
import threading
from types import TracebackType

import psutil

from tests.benchmarks.report import Report

_MIB = 1 << 20
_EVERY_SECONDS = 0.5
#: What the first and the last part of a load are, when they are compared.
PART = 1000


class MemoryWatch:
    """Resident memory of process `pid`, in MiB, with how many pictures were done by then."""

    def __init__(self, pid: int) -> None:
        self.samples: list[tuple[int, float]] = []
        self.done = 0
        self._process = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def report(self, report: Report, name: str) -> None:
        """Add the peak, and the means of the first and last thousand where there are so many."""
        report.add(f"{name}: peak", [max(memory for _, memory in self.samples)], "MiB")
        last = max(done for done, _ in self.samples)
        if last < 2 * PART:
            return
        first_part = [memory for done, memory in self.samples if 0 < done <= PART]
        last_part = [memory for done, memory in self.samples if done > last - PART]
        head = f"{name}: first {PART:,} pictures"
        report.add(head, [statistics.mean(first_part)], "MiB")
        report.add(f"{name}: last {PART:,} of {last:,}", [statistics.mean(last_part)], "MiB", head)

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY_SECONDS):
            self.samples.append((self.done, self._process.memory_info().rss / _MIB))
