"""Search: latency by stage, and throughput by concurrency, idle and during a load."""

import itertools
import statistics
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from encoder_worker.decode.decoder import decode
from encoder_worker.encode.openvino import OpenVinoRuntime
from encoder_worker.model.weights import find_weights
from shared.settings import Settings
from shared.store import Collections, ImageWriter, MilvusConnection
from tests.benchmarks import corpus, stored_rows
from tests.benchmarks.plot import lines
from tests.benchmarks.report import Report
from tests.benchmarks.rest import SERVER_AT_REST, wait_for_rest
from tests.services import MilvusServer
from tests.stack import Stack

STAGES = ("encode", "search", "total")
CLIENTS = (1, 2, 4, 8, 16)
FORWARD = "forward pass alone, as queries run it"
_LOADED = 2000


class Latency(NamedTuple):
    """Milliseconds of each search: as the client sees them, and by the reply's own stages."""

    whole: list[float]
    stages: dict[str, list[float]]

    @property
    def p95(self) -> float:
        return sorted(self.whole)[int(len(self.whole) * 0.95)]


def fill(stack_folder: Path, settings: Settings, rows: Sequence[int]) -> None:
    """Write the collections that `measure` searches, before their stack is started."""
    weights = find_weights(settings).name
    for count in rows:
        stored_rows.write(
            stack_folder / "milvus",
            f"rows_{count}",
            stored_rows.random_vectors(count),
            weights=weights,
            pooling=settings.pooling,
        )


def fill_server(stack: Stack, settings: Settings, rows: Sequence[int]) -> None:
    """As `fill`, in the Milvus server of a running stack; returns when its indexes are built."""
    weights = find_weights(settings).name
    own = settings.model_copy(update={"milvus_uri": stack.milvus.uri})
    milvus = MilvusConnection(own)
    collections = Collections(milvus, own)
    for count in rows:
        name = f"rows_{count}"
        collections.ensure(name, weights=weights, pooling=settings.pooling)
        corpus.fill(ImageWriter(milvus), name, count)
        collections.flush(name)
    milvus.close()
    wait_for_rest(stack.milvus.pid, SERVER_AT_REST)


def measure(
    stack: Stack,
    settings: Settings,
    *,
    rows: Sequence[int],
    searches: int,
    runs: int,
    context: dict[str, str],
) -> Report:
    """Latency for each number of rows, then searches a second, then both during a load."""
    report = Report("Search by upload", context)
    photos = [path.read_bytes() for path in corpus.photos(stack.image_root / "queries", 50)]
    report.add(FORWARD, _forward(settings, photos, searches), "ms")
    wait_for_rest(
        stack.milvus.pid, SERVER_AT_REST if isinstance(stack.milvus, MilvusServer) else 10
    )
    idle = {count: latency(stack, f"rows_{count}", photos, searches) for count in rows}
    for count, found in idle.items():
        _add(report, f"{count:,} rows", found)
    throughput = _throughputs(report, stack, rows, photos, searches, runs)
    _during_a_load(report, stack, rows, photos, searches, idle)
    lines(
        "search.svg",
        f"Searches a second by clients, {context['precision']}",
        "clients at once",
        "searches/s",
        throughput,
        log=True,
    )
    return report


def _forward(settings: Settings, photos: Sequence[bytes], searches: int) -> list[float]:
    runtime = OpenVinoRuntime(find_weights(settings), settings, "queries")
    taken = []
    for photo in itertools.islice(itertools.cycle(photos), searches):
        pixels = decode(photo, settings.max_pixels).pixels
        started = time.perf_counter()
        runtime.forward([pixels], [settings.pooling])
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def latency(stack: Stack, collection: str, photos: Sequence[bytes], searches: int) -> Latency:
    """One search after the other, each by another photo."""
    stages: dict[str, list[float]] = {stage: [] for stage in STAGES}
    whole = []
    stack.search(collection, photos[0], top_k=10)
    for photo in itertools.islice(itertools.cycle(photos), searches):
        started = time.perf_counter()
        took = stack.search(collection, photo, top_k=10)["took_ms"]
        whole.append((time.perf_counter() - started) * 1000)
        for stage in STAGES:
            stages[stage].append(took[stage])
    return Latency(whole, stages)


def _add(report: Report, name: str, found: Latency) -> None:
    for stage in STAGES:
        report.add(f"{name}: {stage}", found.stages[stage], "ms")
    report.add(f"{name}: as the client sees it", found.whole, "ms", FORWARD)
    alone = report.find(FORWARD).median
    beyond = statistics.median(found.whole) - alone
    report.add(f"{name}: median beyond the forward pass", [beyond], "ms")
    report.add(f"{name}: p95", [found.p95], "ms")


def _throughputs(
    report: Report,
    stack: Stack,
    rows: Sequence[int],
    photos: Sequence[bytes],
    searches: int,
    runs: int,
) -> dict[str, list[tuple[float, float]]]:
    points: dict[str, list[tuple[float, float]]] = {}
    for count in rows:
        one = f"1 client, {count:,} rows"
        for clients in CLIENTS:
            rates = [
                _throughput(stack, f"rows_{count}", photos, clients, searches) for _ in range(runs)
            ]
            name = one if clients == 1 else f"{clients} clients, {count:,} rows"
            row = report.add(name, rates, "searches/s", None if clients == 1 else one)
            points.setdefault(f"{count:,} rows", []).append((clients, row.median))
    return points


def _during_a_load(
    report: Report,
    stack: Stack,
    rows: Sequence[int],
    photos: Sequence[bytes],
    searches: int,
    idle: dict[int, Latency],
) -> None:
    corpus.photos(stack.image_root / "busy", _LOADED)
    job = stack.load("busy", stack.image_root / "busy")
    stack.wait_done(job["id"], 32)
    for count in rows:
        found = latency(stack, f"rows_{count}", photos, searches)
        name = f"{count:,} rows, during a load"
        _add(report, name, found)
        report.add(f"{name}: p95 / p95 when idle", [found.p95 / idle[count].p95], "ratio")
    if stack.job(job["id"])["status"] not in ("scanning", "running"):
        raise RuntimeError("the load ended before the searches did: give --searches fewer")
    stack.client.post(f"/api/v2/jobs/{job['id']}/cancel").raise_for_status()


def _throughput(
    stack: Stack, collection: str, photos: Sequence[bytes], clients: int, searches: int
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
