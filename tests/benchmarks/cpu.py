"""Processor time of the processes of a stack."""

import psutil

from tests.benchmarks.report import Report
from tests.stack import Stack

_MS = 1000


class CpuTimes:
    """Processor time of each process of a stack, children included, from a `start` to a `stop`."""

    def __init__(self, stack: Stack) -> None:
        self._pids = {name: process.pid for name, process in stack.processes.items()}
        self._before: dict[str, float] = {}
        self._per_picture: dict[str, list[float]] = {name: [] for name in self._pids}

    def start(self) -> None:
        self._before = self._seconds()

    def stop(self, pictures: int) -> None:
        """What was spent since `start` was spent on so many pictures."""
        for name, seconds in self._seconds().items():
            self._per_picture[name].append((seconds - self._before[name]) / pictures * _MS)

    def report(self, report: Report, what: str) -> None:
        """Add a row for each process, the most first."""
        rows = sorted(self._per_picture.items(), key=lambda row: -sum(row[1]))
        for name, taken in rows:
            report.add(f"{what}: {name.rstrip('1')}", taken, "ms")

    @property
    def sums(self) -> list[float]:
        """Milliseconds of a picture in all processes together, run by run."""
        return [sum(taken) for taken in zip(*self._per_picture.values(), strict=True)]

    def _seconds(self) -> dict[str, float]:
        return {name: seconds_of(psutil.Process(pid)) for name, pid in self._pids.items()}


def seconds_of(process: psutil.Process) -> float:
    """The processor time of a process and its children until now."""
    taken = [own.cpu_times() for own in (process, *process.children(recursive=True))]
    return sum(times.user + times.system for times in taken)
