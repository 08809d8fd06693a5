"""Scaling: one encoder with one core beside two encoders with a core each."""

import os

from tests.benchmarks import corpus
from tests.benchmarks.jobs import load
from tests.benchmarks.report import Report
from tests.stack import Stack


def measure(stack: Stack, *, count: int, runs: int, context: dict[str, str]) -> Report:
    """Load `count` pictures by one worker, then by two; each has one core to itself."""
    stack.processes.pop("encoder1").kill()
    stack.wait_encoders(0)
    cores = sorted(os.sched_getaffinity(0))[:2]
    report = Report(f"Scaling: load of {count:,} {corpus.source_of_photos()}", context)
    folder = stack.image_root / "scaling"
    corpus.photos(folder, count)
    rates: dict[int, list[float]] = {1: [], 2: []}
    shares = []
    for run in range(runs):
        for workers in rates:
            names = [stack.start_encoder(core=core) for core in cores[:workers]]
            stack.wait_encoders(workers)
            collection, expected = f"scaling_{workers}_{run}", {"indexed": count}
            job, seconds = load(stack, collection, folder, expected=expected)
            rates[workers].append(count / seconds)
            if workers == 2:
                shares.append(_smaller_share(stack, names, job["id"]))
            for name in names:
                stack.processes.pop(name).kill()
            stack.wait_encoders(0)
    report.add("one encoder, one core", rates[1], "images/s")
    report.add("two encoders, a core each", rates[2], "images/s", "one encoder, one core")
    report.add("chunks done by the encoder that did fewer", shares, "share")
    return report


def _smaller_share(stack: Stack, names: list[str], job_id: object) -> float:
    chunks = [
        sum(f'"job": "{job_id}"' in line and "chunk_completed" in line for line in log)
        for log in (stack.processes[name].log.read_text().splitlines() for name in names)
    ]
    return min(chunks) / sum(chunks)
