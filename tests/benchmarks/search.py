"""Search: latency by stage, and throughput by concurrency, idle and during a load."""

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from indexer.collections import Collections
from indexer.write import Writer
from shared.settings import Settings
from tests.benchmarks import corpus
from tests.benchmarks.report import Report
from tests.stack import Stack

STAGES = ("encode", "search", "total")
CLIENTS = (1, 4, 16)


def measure(
    stack: Stack, *, rows: tuple[int, ...], searches: int, context: dict[str, str]
) -> Report:
    """Median milliseconds by stage for each number of rows, then searches a second."""
    report = Report("Search by upload", context)
    photos = [path.read_bytes() for path in corpus.photos(stack.image_root / "queries", 50)]
    for count in rows:
        collection = f"rows_{count}"
        _fill(stack, collection, count)
        _latency(report, stack, collection, photos, searches, f"{count} rows")
    biggest = f"rows_{rows[-1]}"
    for clients in CLIENTS:
        name = f"{clients} at a time, {rows[-1]} rows"
        rates = [_throughput(stack, biggest, photos, clients, searches) for _ in range(5)]
        report.add(name, rates, "searches/s", f"1 at a time, {rows[-1]} rows")
    corpus.photos(stack.image_root / "busy", 1000)
    job = stack.load("busy", stack.image_root / "busy")
    stack.wait_done(job["id"], 1)
    _latency(report, stack, biggest, photos, searches, f"{rows[-1]} rows, during a load")
    stack.client.post(f"/api/v2/jobs/{job['id']}/cancel").raise_for_status()
    return report


def _fill(stack: Stack, collection: str, count: int) -> None:
    stack.client.post("/api/v2/collections", json={"name": collection}).raise_for_status()
    settings = Settings(milvus_uri=stack.milvus.uri)
    writer, collections = Writer(settings), Collections(settings)
    corpus.fill(writer, collection, count)
    collections.flush(collection)
    writer.close()
    collections.close()


def _latency(
    report: Report, stack: Stack, collection: str, photos: list[bytes], searches: int, name: str
) -> None:
    stages: dict[str, list[float]] = {stage: [] for stage in STAGES}
    whole = []
    for photo in itertools.islice(itertools.cycle(photos), searches):
        started = time.perf_counter()
        took = stack.search(collection, photo, top_k=10)["took_ms"]
        whole.append((time.perf_counter() - started) * 1000)
        for stage in STAGES:
            stages[stage].append(took[stage])
    for stage in STAGES:
        report.add(f"{name}: {stage}", stages[stage], "ms")
    report.add(f"{name}: as the client sees it", whole, "ms", f"{name}: encode")
    # The 95th percentile is one figure of the run, so it stands as a row of one value.
    report.add(f"{name}: p95", [sorted(whole)[int(len(whole) * 0.95)]], "ms", f"{name}: encode")


def _throughput(
    stack: Stack, collection: str, photos: list[bytes], clients: int, searches: int
) -> float:
    turn, lock = itertools.cycle(photos), threading.Lock()

    def one(_: int) -> None:
        with lock:
            photo = next(turn)
        stack.search(collection, photo, top_k=10)

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(one, range(searches)))
    return searches / (time.perf_counter() - started)
