"""A load, from POST to searchable: images a second, and what loading the same again costs."""

import time

from tests.benchmarks import corpus
from tests.benchmarks.report import Report
from tests.stack import Stack


def measure(stack: Stack, *, count: int, runs: int, context: dict[str, str]) -> Report:
    """Load `count` pictures `runs` times, each into a new collection, and each once more."""
    report = Report(f"Load of {count} {corpus.source_of_photos()}", context)
    folder = stack.image_root / "load"
    corpus.photos(folder, count)
    first, again = [], []
    for run in range(runs):
        collection = f"load_{run}"
        first.append(_rate(stack, collection, count, "indexed"))
        again.append(_rate(stack, collection, count, "unchanged"))
        stack.client.delete(f"/api/v2/collections/{collection}").raise_for_status()
    report.add("first load", first, "images/s")
    report.add("load again, unchanged", again, "images/s", "first load")
    return report


def _rate(stack: Stack, collection: str, count: int, outcome: str) -> float:
    started = time.perf_counter()
    job = stack.wait_job(stack.load(collection, stack.image_root / "load")["id"], 3600)
    seconds = time.perf_counter() - started
    if job[outcome] != count:
        raise RuntimeError(f"the load went wrong, its figures mean nothing: {job}")
    return count / seconds
