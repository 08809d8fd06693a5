"""How many of the nearest pictures the embedded store finds, by index, on real pictures.

The photos, and crops and reflections of them, are encoded as a load encodes them, and stored in one
sealed and indexed segment. Those that are searched for are stored too, or are views of their own.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from encoder_worker.decode.decoder import decode
from encoder_worker.encode.devices import choose_device
from encoder_worker.encode.encoder import Encoder
from encoder_worker.encode.factory import create_runtime
from encoder_worker.model.weights import find_weights
from shared.domain.collection import IndexSpec, IndexType
from shared.domain.query import SearchParameters
from shared.settings import Settings
from shared.store import VectorSearch
from shared.store.client import AsyncMilvusConnection
from tests.benchmarks import corpus, stored_rows
from tests.benchmarks.report import Report
from tests.benchmarks.stored_rows import Vectors
from tests.services import MilvusLite

_COLLECTION = "recall"
_NEAREST = 10
#: Views of a photo that are stored beside it: the photo is cropped to this share of each side.
_CROPS = (0.9, 0.75, 0.6, 0.5)
#: What is built, and how each is searched: first as all searches are that say nothing.
_SEARCHES: dict[IndexType, list[dict[str, int | float]]] = {
    "FLAT": [{}],
    "HNSW": [{}, {"ef": 12}, {"ef": 24}, {"ef": 48}, {"ef": 512}],
    "HNSW_SQ": [{}, {"ef": 12}, {"ef": 24}, {"ef": 48}, {"ef": 512}],
    "IVF_FLAT": [{}, {"nprobe": 1}, {"nprobe": 4}, {"nprobe": 64}],
    "IVF_SQ8": [{}, {"nprobe": 1}, {"nprobe": 4}, {"nprobe": 64}],
}
#: Scores are rounded to six digits: hits that are no worse than this are as good.
_EQUAL = 1e-6


def measure(photos: Sequence[Path], settings: Settings) -> Report:
    """The recall of the ten nearest, against an exact search."""
    weights = find_weights(settings)
    runtime = create_runtime(weights, settings, "loads", choose_device(settings, "encode"))
    encoder = Encoder(runtime)
    views = [list(_views(path)) for path in photos]
    stored = _encoded(encoder, [view for of_photo in views for view in of_photo[:-1]], settings)
    unseen = _encoded(encoder, [of_photo[-1] for of_photo in views], settings)
    encoder.close()
    context = {"weights": weights.name, "pooling": settings.pooling, "precision": runtime.precision}
    context |= {"photos": str(len(photos)), "rows": str(len(stored))}
    report = Report("Recall of the embedded store", context)
    for kind, searched in _SEARCHES.items():
        with tempfile.TemporaryDirectory() as name:
            folder, index = Path(name), IndexSpec(type=kind)
            stored_rows.write(
                folder,
                _COLLECTION,
                [stored],
                weights=weights.name,
                pooling=settings.pooling,
                index=index,
            )
            service = MilvusLite(folder)
            try:
                for given in searched:
                    _add(report, kind, given, service, stored, unseen)
            finally:
                service.kill()
    return report


def _add(
    report: Report,
    kind: IndexType,
    given: dict[str, int | float],
    service: MilvusLite,
    stored: Vectors,
    unseen: Vectors,
) -> None:
    name = f"{kind}, {', '.join(f'{k} {v}' for k, v in given.items()) or 'the defaults'}"
    taken: list[float] = []
    for what, queries in (("stored views", stored), ("views that are not stored", unseen)):
        found = asyncio.run(_found(service, queries, given, taken))
        recall = _recall(stored, queries, found)
        report.add(f"{name}: recall@{_NEAREST}, {what}", [recall], "share")
    report.add(f"{name}: a search", taken, "ms")


def _views(photo: Path) -> Iterator[bytes]:
    """The photo, crops of it, some of them reflected; the last one is a crop that is not stored."""
    dice = random.Random(photo.name)
    picture = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
    yield photo.read_bytes()
    for number, share in enumerate((*_CROPS, dice.uniform(0.5, 0.95))):
        width, height = int(picture.width * share), int(picture.height * share)
        left, top = dice.randint(0, picture.width - width), dice.randint(0, picture.height - height)
        view = picture.crop((left, top, left + width, top + height))
        out = BytesIO()
        (ImageOps.mirror(view) if number % 2 else view).save(out, "JPEG", quality=92)
        yield out.getvalue()


def _encoded(encoder: Encoder, files: Sequence[bytes], settings: Settings) -> Vectors:
    batch, vectors = 64, []
    for start in range(0, len(files), batch):
        squares = [decode(f, settings.max_pixels).pixels for f in files[start : start + batch]]
        futures = [encoder.submit(square, settings.pooling) for square in squares]
        vectors += [future.result().vector for future in futures]
    return np.stack(vectors)


async def _found(
    service: MilvusLite, queries: Vectors, given: dict[str, int | float], taken: list[float]
) -> list[list[int]]:
    """The numbers of the rows that each query finds; the milliseconds are added to `taken`."""
    settings = Settings(milvus_uri=service.uri, data_dir=service.folder)
    connection = AsyncMilvusConnection(settings)
    search = VectorSearch(connection)
    wanted = SearchParameters(top_k=_NEAREST, index_params=given)
    found = []
    for query in queries.tolist():
        started = time.perf_counter()
        hits = await search.nearest(_COLLECTION, query, wanted)
        taken.append((time.perf_counter() - started) * 1000)
        found.append([corpus.number_of(hit.row) for hit in hits])
    await connection.close()
    return found


def _recall(stored: Vectors, queries: Vectors, found: Sequence[Sequence[int]]) -> float:
    """The share of the wanted hits that are as near as those of an exact search."""
    right = 0
    exact = stored.astype(np.float64)
    for query, rows in zip(queries.astype(np.float64), found, strict=True):
        cosines = exact @ query
        least = np.partition(cosines, -_NEAREST)[-_NEAREST]
        right += int(np.count_nonzero(cosines[list(rows)] >= least - _EQUAL))
    return right / (_NEAREST * len(queries))
