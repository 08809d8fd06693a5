"""Scaling: one encoder with one core beside two encoders with a core each."""

import os
import time

from tests.benchmarks import corpus
from tests.benchmarks.report import Report
from tests.stack import Stack

_POLL_SECONDS = 0.5


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
            started = time.perf_counter()
            job = _load(stack, f"scaling_{workers}_{run}")
            rates[workers].append(count / (time.perf_counter() - started))
            if job["indexed"] != count:
                raise RuntimeError(f"the load went wrong, its figures mean nothing: {job}")
            if workers == 2:
                shares.append(_smaller_share(stack, names, job["id"]))
            for name in names:
                stack.processes.pop(name).kill()
            stack.wait_encoders(0)
    report.add("one encoder, one core", rates[1], "images/s")
    report.add("two encoders, a core each", rates[2], "images/s", "one encoder, one core")
    report.add("chunks done by the encoder that did fewer", shares, "share")
    return report


def _load(stack: Stack, collection: str) -> dict[str, object]:
    job = stack.load(collection, stack.image_root / "scaling")
    while job["status"] not in ("done", "failed", "cancelled"):
        time.sleep(_POLL_SECONDS)
        job = stack.job(job["id"])
    return job


def _smaller_share(stack: Stack, names: list[str], job_id: object) -> float:
    chunks = [
        sum(f'"job": "{job_id}"' in line and "chunk_done" in line for line in log)
        for log in (stack.processes[name].log.read_text().splitlines() for name in names)
    ]
    return min(chunks) / sum(chunks)
