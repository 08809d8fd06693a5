"""A mixed load: clients search, list, upload and follow events for minutes, and memory is watched.

The clients are locust's, in a program of their own (`serve_clients.py`), and speak to loopback.
"""

import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import psutil

from tests.benchmarks import corpus
from tests.benchmarks.jobs import load
from tests.benchmarks.plot import lines
from tests.benchmarks.report import Report
from tests.services import Process
from tests.stack import Stack

COLLECTION = "library"
_QUERIES = 50
_MIB = 1 << 20
_EVERY_SECONDS = 2.0
#: Seconds beyond the clients' time for their last replies.
_PATIENCE = 120.0
_REFUSALS = (429, 503)


class Sample(NamedTuple):
    """The resident memory of a process and its children, in MiB, after so many seconds."""

    seconds: float
    mib: float


def measure(
    stack: Stack, *, minutes: float, clients: int, count: int, context: dict[str, str]
) -> Report:
    """Load `count` pictures, and let `clients` at once use them for so many minutes."""
    context = context | {"clients": str(clients), "minutes": f"{minutes:g}"}
    context["pictures"] = f"{count:,} {corpus.source_of_photos()}"
    report = Report("A mixed load", context)
    folder = stack.image_root / "library"
    corpus.photos(folder, count)
    load(stack, COLLECTION, folder, expected={"indexed": count})
    photos, out = stack.folder / "queries", stack.folder / "clients.json"
    corpus.photos(photos, _QUERIES)
    program = (sys.executable, "-m", "tests.benchmarks.serve_clients")
    options = {
        "url": stack.url,
        "collection": COLLECTION,
        "photos": str(photos),
        "clients": str(clients),
        "seconds": str(minutes * 60),
        "out": str(out),
    }
    given = [part for name, value in options.items() for part in (f"--{name}", value)]
    process = Process((*program, *given), stack.folder / "clients.log")
    try:
        memory = _watch(stack, process, minutes * 60 + _PATIENCE)
    finally:
        process.kill()
    if not out.exists():
        raise RuntimeError(f"the clients failed:\n{process.log.read_text()[-2000:]}")
    figures = json.loads(out.read_text())
    add_replies(report, figures)
    add_memory(report, memory)
    lines(
        "serve.svg",
        f"Memory over {minutes:g} minutes of a mixed load",
        "minutes",
        "MiB resident",
        {name: [(s.seconds / 60, s.mib) for s in samples] for name, samples in memory.items()},
    )
    return report


def _watch(stack: Stack, clients: Process, seconds: float) -> dict[str, list[Sample]]:
    """The memory of each process of the stack while the clients run."""
    samples: dict[str, list[Sample]] = {name: [] for name in stack.processes}
    started = time.monotonic()
    while clients.running:
        passed = time.monotonic() - started
        if passed > seconds:
            raise RuntimeError("the clients did not end")
        for name, process in stack.processes.items():
            samples[name].append(Sample(passed, _resident(process.pid)))
        time.sleep(_EVERY_SECONDS)
    return samples


def _resident(pid: int) -> float:
    process, total = psutil.Process(pid), 0
    for member in (process, *process.children(recursive=True)):
        try:
            total += member.memory_info().rss
        except psutil.NoSuchProcess:
            continue  # A decoder that was replaced.
    return total / _MIB


def add_replies(report: Report, figures: Mapping[str, Any]) -> None:
    """Add rate and percentiles of each kind of request, and how many failed, by how.

    `figures` is what `serve_clients` wrote.
    """
    seconds = figures["seconds"]
    statuses: Counter[int] = Counter()
    for counts in figures["statuses"].values():
        statuses.update({int(status): number for status, number in counts.items()})
    report.add("requests", [sum(statuses.values()) / seconds], "a second")
    for kind, taken in figures["milliseconds"].items():
        report.add(kind, taken, "ms")
        report.add(f"{kind}: p95", [percentile(taken, 95)], "ms")
        report.add(f"{kind}: p99", [percentile(taken, 99)], "ms")
    failed = {status: number for status, number in statuses.items() if status >= 500}
    broken = sum(number for status, number in failed.items() if status not in _REFUSALS)
    report.add("replies of 500 and more, but 503", [broken], "replies")
    for status in _REFUSALS:
        report.add(f"replies of {status}", [statuses[status]], "replies")
    others = sum(n for status, n in statuses.items() if 400 <= status < 500 and status != 429)
    report.add("other replies of 400 and more", [others], "replies")
    report.add("requests without a reply", [statuses[0]], "requests")


def add_memory(report: Report, memory: Mapping[str, Sequence[Sample]]) -> None:
    """Add for each process its memory in the second half of the time, and its growth there."""
    for name, samples in memory.items():
        late = samples[len(samples) // 2 :]
        report.add(f"memory of {name}", [sample.mib for sample in late], "MiB")
        report.add(f"memory of {name}: growth", [growth(late)], "MiB a minute")


def growth(samples: Sequence[Sample]) -> float:
    """The slope of the line through the samples, in MiB a minute; 0 for fewer than two."""
    if len(samples) < 2:
        return 0.0
    seconds, mib = zip(*samples, strict=True)
    return statistics.linear_regression(seconds, mib).slope * 60


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
