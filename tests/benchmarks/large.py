"""A large collection in the embedded store: loads into it, searches meanwhile, its library."""

import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

import psutil

from tests.benchmarks import corpus
from tests.benchmarks.jobs import load
from tests.benchmarks.report import Report, timed
from tests.benchmarks.rest import wait_for_rest
from tests.services import wait_until
from tests.stack import Stack

COLLECTION = "large"
_URL = f"/api/v2/collections/{COLLECTION}"
#: Seconds between two searches of a client that watches what delays them.
_PAUSE = 0.02
_OPENING_SECONDS = 600
#: For how long searches go on after the last load, while its rows are flushed and merged.
_MERGING_SECONDS = 30


def measure(report: Report, stack: Stack, rows: int, *, count: int, runs: int) -> Report:
    """Load `count` pictures into an empty collection and into one of `rows`, turn and turn about.

    A client searches the large one all the while, from the vector of a stored image: it waits for
    no encoder, so what delays it is the store.
    """
    empty, large = [], []
    _library(report, stack, rows, runs)
    wait_for_rest(stack.milvus.pid)
    # Not counted: the first load of a process also prepares what it runs.
    _load(stack, "first", count)
    idle, busy = Watch(stack), Watch(stack)
    with idle.watching():
        time.sleep(10)
    with busy.watching():
        for run in range(runs):
            empty.append(_load(stack, f"empty_{run}", count))
            large.append(_load(stack, COLLECTION, count, str(run)))
        # The searches themselves keep the store from resting.
        time.sleep(_MERGING_SECONDS)
    wait_for_rest(stack.milvus.pid)
    alone = f"{rows:,} rows: load into an empty collection beside it"
    report.add(alone, empty, "images/s")
    report.add(f"{rows:,} rows: load into it", large, "images/s", alone)
    report.add_ratio(f"{rows:,} rows: load into it / into an empty one, by run", large, empty)
    for name, watch in (("idle", idle), ("during loads, flushes and merges", busy)):
        slowest = sorted(watch.taken)[-(len(watch.taken) // 100 or 1) :]
        report.add(f"{rows:,} rows: search by image, {name}", watch.taken, "ms")
        report.add(f"{rows:,} rows: the slowest hundredth of these", slowest, "ms")
    memory = psutil.Process(stack.milvus.pid).memory_info().rss / 2**20
    report.add(f"{rows:,} rows: memory of milvus-lite", [memory], "MiB")
    _opening(report, stack, rows)
    return report


class Watch:
    """A client that searches one after the other; `taken` holds the milliseconds of each."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._stop = threading.Event()
        page = stack.client.get(f"{_URL}/images", params={"limit": 50}).json()
        self._ids = itertools.cycle([image["id"] for image in page["items"]])
        self.taken: list[float] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_PAUSE):
            url = f"{_URL}/images/{next(self._ids)}/similar"
            self.taken.append(timed(partial(_get, self._stack, url)) * 1000)


def _get(stack: Stack, url: str, **params: Any) -> dict[str, Any]:
    reply = stack.client.get(url, params=params)
    reply.raise_for_status()
    found: dict[str, Any] = reply.json()
    return found


def _load(stack: Stack, collection: str, count: int, run: str = "") -> float:
    """Images a second. Each run's files have bytes of their own, so that none is known."""
    folder = stack.image_root / f"{collection}_{run}"
    for path in corpus.photos(folder, count):
        with path.open("ab") as file:
            file.write(str(path).encode())
    _, seconds = load(stack, collection, folder, expected={"indexed": count})
    return count / seconds


def _library(report: Report, stack: Stack, rows: int, runs: int) -> None:
    """What the page's library asks for: first page, the next, a date, the count, one image."""
    first = _get(stack, f"{_URL}/images", order="-added_at", limit=100)
    (image, *_), cursor = first["items"], first["next_cursor"]
    oldest = _get(stack, f"{_URL}/images", order="added_at", limit=1)["items"][0]
    middle = _between(oldest["added_at"], image["added_at"])
    day = json.dumps({"must": [{"field": "added_at", "range": {"lt": middle}}]})
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "newest 100": (f"{_URL}/images", {"order": "-added_at", "limit": 100}),
        "the next 100": (f"{_URL}/images", {"order": "-added_at", "limit": 100, "cursor": cursor}),
        "100 from a date on": (
            f"{_URL}/images",
            {"order": "-added_at", "limit": 100, "filter": day},
        ),
        "oldest 100": (f"{_URL}/images", {"order": "added_at", "limit": 100}),
        "100 of a tag": (f"{_URL}/images", {"order": "-added_at", "limit": 100, "tag": "even"}),
        "collection with its count": (_URL, {}),
        "one image": (f"{_URL}/images/{image['id']}", {}),
    }
    for name, (url, params) in calls.items():
        _get(stack, url, **params)
        taken = [timed(partial(_get, stack, url, **params)) for _ in range(4 * runs)]
        report.add(f"{rows:,} rows, library: {name}", [seconds * 1000 for seconds in taken], "ms")


def _between(one: str, other: str) -> str:
    times = [datetime.fromisoformat(text) for text in (one, other)]
    return (times[0] + (times[1] - times[0]) / 2).isoformat()


def _opening(report: Report, stack: Stack, rows: int) -> None:
    """The time from a start of milvus-lite to the first answered search."""
    image = _get(stack, f"{_URL}/images", limit=1)["items"][0]["id"]
    stack.milvus.kill()
    started = time.perf_counter()
    stack.milvus.start()
    wait_until(
        lambda: stack.client.get(f"{_URL}/images/{image}/similar").status_code == 200,
        _OPENING_SECONDS,
        "a search",
    )
    seconds = time.perf_counter() - started
    report.add(f"{rows:,} rows: from its start to the first search", [seconds], "s")
