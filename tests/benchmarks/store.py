"""What rows cost: in milvus-lite as it comes, as it is run here, and in a Milvus server."""

import asyncio
import importlib.util
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from shared.domain.fingerprint import DIMENSION
from shared.domain.image import ImageFilter
from shared.domain.query import SearchParameters
from shared.settings import Settings
from shared.store import Collections, Images, ImageWriter, MilvusConnection, VectorSearch
from shared.store.client import AsyncMilvusConnection
from tests.benchmarks import corpus, stored_rows
from tests.benchmarks.report import Report, timed
from tests.benchmarks.rest import SERVER_AT_REST, wait_for_rest
from tests.services import MilvusLite, MilvusServer, PlainMilvusLite

Service = MilvusLite | MilvusServer
#: What is measured, by the name that `--stores` takes; each is compared with the first.
NAMES = {
    "plain": "milvus-lite alone",
    "embedded": "as make run starts it",
    "server": "Milvus server 2.3.5",
}
_EMBEDDED: dict[str, type[MilvusLite]] = {"plain": PlainMilvusLite, "embedded": MilvusLite}
COLLECTION = "stored"
_CLIENTS = 16
_WARM_UP = 3


def measure(*, rows: Sequence[int], stores: Sequence[str], searches: int, runs: int) -> Report:
    """Searches, listings, lookups, counts and memory for each number of rows.

    The server is left out where its wheel is not installed.
    """
    report = Report("The store", {"vectors": "random", "index": "HNSW"})
    wanted = [s for s in stores if s != "server" or importlib.util.find_spec("milvus")]
    for count in rows:
        with tempfile.TemporaryDirectory() as name:
            if set(wanted) & set(_EMBEDDED):
                vectors = stored_rows.random_vectors(count)
                written = stored_rows.write(Path(name), COLLECTION, vectors)
                report.add(f"{count:,} rows: written and indexed", [written], "s")
            for store in wanted:
                with _serving(store, Path(name), count, report) as service:
                    found = _figures(service, searches, runs)
                for what, values in found.items():
                    first = f"{count:,} rows, {NAMES[wanted[0]]}: {what}"
                    unit = "MiB" if what == "memory" else "ms"
                    compared = None if store == wanted[0] else first
                    report.add(f"{count:,} rows, {NAMES[store]}: {what}", values, unit, compared)
    return report


@contextmanager
def _serving(store: str, folder: Path, count: int, report: Report) -> Iterator[Service]:
    started = time.perf_counter()
    service: Service
    if store == "server":
        (folder / "server").mkdir()
        service = MilvusServer(folder / "server")
    else:
        service = _EMBEDDED[store](folder)
    try:
        if store == "server":
            _fill(service, count)
        else:
            # The first call waits until the collection is open.
            open_collection(service)
            opened = time.perf_counter() - started
            report.add(f"{count:,} rows, {NAMES[store]}: started and opened", [opened], "s")
        yield service
    finally:
        service.kill()


def settings_of(service: Service) -> Settings:
    """What connects to a store."""
    return Settings(milvus_uri=service.uri, data_dir=service.log.with_suffix(""))


def open_collection(service: Service) -> None:
    """Wait until a store answers, and has opened the collection."""
    milvus = MilvusConnection(settings_of(service))
    collections = Collections(milvus, settings_of(service))
    collections.ensure(COLLECTION, weights="untrained-0", pooling="avg")
    # milvus-lite opens a collection when it is first read, and may be at it still.
    collections.count(COLLECTION)
    milvus.close()


def _fill(service: Service, count: int) -> None:
    open_collection(service)
    milvus = MilvusConnection(settings_of(service))
    corpus.fill(ImageWriter(milvus), COLLECTION, count)
    Collections(milvus, settings_of(service)).flush(COLLECTION)
    milvus.close()
    wait_for_rest(service.pid, SERVER_AT_REST)


def _figures(service: Service, searches: int, runs: int) -> dict[str, list[float]]:
    """Milliseconds of each call, by what it does, and the server's memory in MiB."""
    settings = settings_of(service)
    milvus = MilvusConnection(settings)
    images, collections = Images(milvus), Collections(milvus, settings)
    every = ImageFilter()
    page, _ = images.page(COLLECTION, every, "-added_at", None, 100)
    some, contents = page[3], [row.sha256 for row in page[:64]]
    calls: dict[str, Callable[[], Any]] = {
        "count": lambda: collections.count(COLLECTION),
        "count of a tag": lambda: images.count(COLLECTION, ImageFilter(tag="even")),
        "newest 100": lambda: images.page(COLLECTION, every, "-added_at", None, 100),
        "100 by id": lambda: images.page(COLLECTION, every, "id", None, 100),
        "one by id": lambda: images.get(COLLECTION, some.id),
        "one by uri": lambda: images.page(COLLECTION, ImageFilter(uri=some.uri), "id", None, 1),
        "64 contents": lambda: ImageWriter(milvus).find_by_hash(COLLECTION, contents),
    }
    found = asyncio.run(_searches(settings, searches))
    for what, call in calls.items():
        call()
        found[what] = [timed(call) * 1000 for _ in range(runs)]
    milvus.close()
    process = psutil.Process(service.pid)
    family = [process, *process.children(recursive=True)]
    found["memory"] = [sum(member.memory_info().rss for member in family) / 2**20]
    return found


async def _searches(settings: Settings, searches: int) -> dict[str, list[float]]:
    connection = AsyncMilvusConnection(settings)
    search, dice = VectorSearch(connection), np.random.default_rng(1)
    vectors = itertools.cycle(dice.standard_normal((50, DIMENSION)).tolist())
    # As the gateway searches: in the partition of the generation that it knows.
    generation = (await search.identity(COLLECTION)).generation

    async def one() -> float:
        started = time.perf_counter()
        wanted = SearchParameters(top_k=10)
        await search.nearest(COLLECTION, next(vectors), wanted, generation=generation)
        return (time.perf_counter() - started) * 1000

    async def several(count: int) -> list[float]:
        return [await one() for _ in range(count)]

    await several(_WARM_UP)
    alone = await several(searches)
    each = max(1, searches // _CLIENTS)
    started = time.perf_counter()
    waits = await asyncio.gather(*(several(each) for _ in range(_CLIENTS)))
    together = (time.perf_counter() - started) * 1000 / (each * _CLIENTS)
    await connection.close()
    return {
        "search": alone,
        f"search, {_CLIENTS} clients": list(itertools.chain(*waits)),
        f"search, {_CLIENTS} clients, time for each": [together],
    }
