"""The embedded store: what rows cost, with milvus-lite as it comes and as it is run here."""

import asyncio
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from tests.benchmarks import stored_rows
from tests.benchmarks.report import Report, timed
from tests.services import MilvusLite, PlainMilvusLite

BEFORE, NOW = "milvus-lite alone", "as make run starts it"
_COLLECTION = "stored"
_CLIENTS = 16
_WARM_UP = 3


def measure(*, rows: Sequence[int], searches: int, runs: int) -> Report:
    """Searches, listings, lookups, counts and memory for each number of rows."""
    report = Report("The embedded store", {"vectors": "random", "index": "HNSW"})
    for count in rows:
        with tempfile.TemporaryDirectory() as name:
            written = stored_rows.write(Path(name), _COLLECTION, count)
            report.add(f"{count:,} rows: written and indexed", [written], "s")
            before: Mapping[str, Sequence[float]] = {}
            for server, kind in ((BEFORE, PlainMilvusLite), (NOW, MilvusLite)):
                with _serving(kind, Path(name)) as service:
                    found = _figures(service, searches, runs)
                for what, values in found.items():
                    compared = f"{count:,} rows, {BEFORE}: {what}" if before else None
                    unit = "MiB" if what == "memory" else "ms"
                    report.add(f"{count:,} rows, {server}: {what}", values, unit, compared)
                before = found
    return report


@contextmanager
def _serving(kind: type[MilvusLite], folder: Path) -> Iterator[MilvusLite]:
    service = kind(folder)
    try:
        yield service
    finally:
        service.kill()


def _figures(service: MilvusLite, searches: int, runs: int) -> dict[str, list[float]]:
    """Milliseconds of each call, by what it does, and the server's memory in MiB."""
    settings = Settings(milvus_uri=service.uri, data_dir=service.folder)
    milvus = MilvusConnection(settings)
    images, collections = Images(milvus), Collections(milvus, settings)
    collections.ensure(_COLLECTION, weights="untrained-0", pooling="avg")
    every = ImageFilter()
    page, _ = images.page(_COLLECTION, every, "-added_at", None, 100)
    some, contents = page[3], [row.sha256 for row in page[:64]]
    calls: dict[str, Callable[[], Any]] = {
        "count": lambda: collections.count(_COLLECTION),
        "count of a tag": lambda: images.count(_COLLECTION, ImageFilter(tag="even")),
        "newest 100": lambda: images.page(_COLLECTION, every, "-added_at", None, 100),
        "100 by id": lambda: images.page(_COLLECTION, every, "id", None, 100),
        "one by id": lambda: images.get(_COLLECTION, some.id),
        "one by uri": lambda: images.page(_COLLECTION, ImageFilter(uri=some.uri), "id", None, 1),
        "64 contents": lambda: ImageWriter(milvus).find_by_hash(_COLLECTION, contents),
    }
    found = asyncio.run(_searches(settings, searches))
    for what, call in calls.items():
        call()
        found[what] = [timed(call) * 1000 for _ in range(runs)]
    milvus.close()
    found["memory"] = [psutil.Process(service.pid).memory_info().rss / 2**20]
    return found


async def _searches(settings: Settings, searches: int) -> dict[str, list[float]]:
    connection = AsyncMilvusConnection(settings)
    search, dice = VectorSearch(connection), np.random.default_rng(1)
    vectors = itertools.cycle(dice.standard_normal((50, DIMENSION)).tolist())

    async def one() -> float:
        started = time.perf_counter()
        await search.nearest(_COLLECTION, next(vectors), SearchParameters(top_k=10))
        return (time.perf_counter() - started) * 1000

    async def several(count: int) -> None:
        for _ in range(count):
            await one()

    await several(_WARM_UP)
    alone = [await one() for _ in range(searches)]
    each = max(1, searches // _CLIENTS)
    started = time.perf_counter()
    await asyncio.gather(*(several(each) for _ in range(_CLIENTS)))
    together = (time.perf_counter() - started) * 1000 / (each * _CLIENTS)
    await connection.close()
    return {"search": alone, f"search of {_CLIENTS} clients, each": [together]}
