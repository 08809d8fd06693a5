"""What a filter costs a search of the embedded store, by the share of rows that it leaves."""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from shared.domain.filter import Filter
from shared.domain.fingerprint import DIMENSION
from shared.domain.image import ImageFilter, ImageRow
from shared.domain.query import SearchParameters
from shared.store import Images, MilvusConnection, VectorSearch
from shared.store.client import AsyncMilvusConnection
from tests.benchmarks import corpus, stored_rows
from tests.benchmarks.report import Report
from tests.benchmarks.store import COLLECTION, open_collection, settings_of
from tests.services import MilvusLite

#: Of a hundred rows that follow one another, how many a filter leaves.
SHARES = (1, 10, 90)
_TOP_K = 10
_WARM_UP = 3


def measure(*, rows: Sequence[int], searches: int) -> Report:
    """Milliseconds of a search, without a filter and with each, in turn."""
    report = Report(
        "Filtered searches",
        {"vectors": "random", "index": "HNSW", "top_k": str(_TOP_K), "store": "milvus-lite"},
    )
    for count in rows:
        with tempfile.TemporaryDirectory() as name:
            vectors = stored_rows.random_vectors(count)
            stored_rows.write(Path(name), COLLECTION, vectors, make_row=_row)
            service = MilvusLite(Path(name))
            try:
                open_collection(service)
                _check_shares(service, count)
                found = asyncio.run(_searches(service, searches))
            finally:
                service.kill()
        first = f"{count:,} rows: no filter"
        for what, values in found.items():
            name = f"{count:,} rows: {what}"
            report.add(name, values, "ms", None if name == first else first)
    return report


def _row(index: int) -> ImageRow:
    place = index % 100
    return corpus.row(0, index).model_copy(
        update={
            "width": 1 + place,
            "tags": tuple(f"of {share}" for share in SHARES if place < share),
            "metadata": {"place": place},
        }
    )


def _filters() -> dict[str, tuple[int, ImageFilter]]:
    """Filters by name, with the share of rows in a hundred that each leaves."""
    conditions = {
        share: {
            "width, a column": {"field": "width", "range": {"lte": share}},
            "a tag": {"field": "tags", "any": [f"of {share}"]},
            "metadata": {"field": "metadata.place", "range": {"lt": share}},
        }
        for share in SHARES
    }
    return {
        f"{share} % by {name}": (
            share,
            ImageFilter(where=Filter.model_validate({"must": [condition]})),
        )
        for share, named in conditions.items()
        for name, condition in named.items()
    }


def _check_shares(service: MilvusLite, count: int) -> None:
    """See that each filter leaves what it is said to. Raises RuntimeError."""
    milvus = MilvusConnection(settings_of(service))
    images = Images(milvus)
    for name, (share, wanted) in _filters().items():
        expected = sum(n % 100 < share for n in range(count))
        if (left := images.count(COLLECTION, wanted)) != expected:
            raise RuntimeError(f"{name} leaves {left} rows, and not {expected}")
    milvus.close()


async def _searches(service: MilvusLite, searches: int) -> dict[str, list[float]]:
    connection = AsyncMilvusConnection(settings_of(service))
    search, dice = VectorSearch(connection), np.random.default_rng(1)
    generation = (await search.identity(COLLECTION)).generation
    wanted = {"no filter": SearchParameters(top_k=_TOP_K)}
    wanted |= {
        name: SearchParameters(top_k=_TOP_K, filter=given)
        for name, (_, given) in _filters().items()
    }
    waits: dict[str, list[float]] = {name: [] for name in wanted}
    # In turn, so that whatever else the machine does falls on all of them alike.
    for number in range(_WARM_UP + searches):
        vector = dice.standard_normal(DIMENSION).tolist()
        for name, parameters in wanted.items():
            started = time.perf_counter()
            hits = await search.nearest(COLLECTION, vector, parameters, generation=generation)
            waited = (time.perf_counter() - started) * 1000
            if len(hits) != _TOP_K:
                raise RuntimeError(f"{name}: {len(hits)} hits, and not {_TOP_K}")
            if number >= _WARM_UP:
                waits[name].append(waited)
    await connection.close()
    return waits
