"""Simulated workers, which take messages from the real queues and write real rows.

The vectors are not VGG16's: equal bytes have equal vectors, and that is all.
"""

import hashlib
import io
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from shared.domain.chunk import ChunkClaim, ChunkOutcome, FileRef
from shared.domain.image import ImageRow
from shared.domain.job import Failure
from shared.domain.query import Query, QueryReply
from shared.domain.worker import WorkerInfo
from shared.errors import PictureError
from shared.files.formats import SNIFF_BYTES, sniff
from shared.files.paths import open_image
from shared.files.uris import file_uri
from shared.ledger import Chunks, Heartbeat, Jobs, Queries, Scans, Workers
from shared.queue import QUERY, SCAN
from shared.redis import RedisClient, connect
from shared.settings import Settings
from shared.store import ImageWriter, MilvusConnection
from tests.chunks import add_chunk, task_arguments

WEIGHTS = "untrained-0123abcd"


def vector_of(content: bytes) -> npt.NDArray[np.float32]:
    """512 floats of unit length that only these bytes have."""
    seed = int.from_bytes(hashlib.sha256(content).digest()[:8], "big")
    vector = np.random.default_rng(seed).standard_normal(512).astype(np.float32)
    unit: npt.NDArray[np.float32] = vector / np.linalg.norm(vector)
    return unit


def row_of(uri: str, content: bytes, mtime_ns: int, **fields: Any) -> ImageRow:
    """The row of a picture."""
    with Image.open(io.BytesIO(content)) as picture:
        width, height = picture.size
    defaults: dict[str, Any] = {"job": "0" * 32, "tags": (), "metadata": {}}
    return ImageRow(
        id=FileRef(uri=uri, size=0, mtime_ns=0).id,
        uri=uri,
        sha256=hashlib.sha256(content).hexdigest(),
        width=width,
        height=height,
        bytes=len(content),
        mtime_ns=mtime_ns,
        format=sniff(content[:SNIFF_BYTES]) or "",
        added_at=time.time_ns() // 1000,
        **{**defaults, **fields},
    )


def index(
    settings: Settings, collection: str, paths: Sequence[Path], **fields: Any
) -> list[ImageRow]:
    """Write the rows of files into a collection; returns them in the same order."""
    contents = [path.read_bytes() for path in paths]
    rows = [
        row_of(file_uri(path), content, path.stat().st_mtime_ns, **fields)
        for path, content in zip(paths, contents, strict=True)
    ]
    milvus = MilvusConnection(settings)
    vectors = np.stack([vector_of(content) for content in contents])
    ImageWriter(milvus).upsert(collection, rows, vectors)
    milvus.close()
    return rows


class Encoder:
    """Answers queries and works on uploads and retries, for as long as it is entered."""

    def __init__(
        self,
        settings: Settings,
        *,
        weights: str = WEIGHTS,
        answers: bool = True,
        queues: Sequence[str] = ("encode", QUERY, SCAN),
        name: str = "1",
    ) -> None:
        self._settings = settings
        self._redis: RedisClient = connect(settings)
        self._weights = weights
        self._answers = answers
        self._queues, self._name = queues, name
        #: The queries taken so far.
        self.queries: list[Query] = []
        self._stop = threading.Event()
        self._milvus = MilvusConnection(settings)
        self._writer = ImageWriter(self._milvus)
        # A test process that is kept from its work for seconds must not look dead.
        patient = settings.model_copy(update={"lease_seconds": 60.0})
        self._workers = Workers(self._redis, patient)
        self._heartbeats = [
            Heartbeat(self._workers, self._info(queue), patient) for queue in queues
        ]
        self._threads = [
            threading.Thread(target=take, daemon=True)
            for queue, take in ((QUERY, self._take_queries), (SCAN, self._take_scans))
            if queue in queues
        ]

    def __enter__(self) -> "Encoder":
        for heartbeat in self._heartbeats:
            heartbeat.start()
        own = {self._info(queue)().id for queue in self._queues}
        while not own <= {worker.id for worker in self._workers.list_alive()}:
            time.sleep(0.01)
        if self._answers:
            for thread in self._threads:
                thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for heartbeat in self._heartbeats:
            heartbeat.stop()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        self._milvus.close()
        self._redis.close()

    def beat(self) -> None:
        """Send a heartbeat at once."""
        self._workers.heartbeat(self._info(QUERY)())

    def _info(self, queue: str) -> Any:
        info = WorkerInfo(
            id=f"{queue}-{self._name}",
            name=f"{queue}@test",
            queue=queue,
            weights="" if queue == SCAN else self._weights,
            started_at=time.time(),
        )
        return lambda: info

    def _take_scans(self) -> None:
        redis = connect(self._settings)
        while not self._stop.is_set():
            taken = redis.blpop([SCAN], timeout=0.2)
            if taken is not None:
                self._load(redis, *task_arguments(taken[1]))
        redis.close()

    def _take_queries(self) -> None:
        redis = connect(self._settings)
        queries = Queries(redis)
        while not self._stop.is_set():
            query = queries.take(self._weights, 0.2)
            if query is not None:
                self._answer(queries, query)
        redis.close()

    def _answer(self, queries: Queries, query: Query) -> None:
        self.queries.append(query)
        picture = queries.image(query)
        if picture is None:
            return
        try:
            vector = tuple(map(float, vector_of(_decoded(picture.data))))
            reply = QueryReply(vector=vector, weights=self._weights)
        except PictureError as error:
            reply = QueryReply(code=error.code, reason=error.detail)
        queries.reply(query, reply)

    def _load(self, redis: RedisClient, job_id: str) -> None:
        scans, chunks = Scans(redis, "scan-1"), Chunks(redis, "encode-1")
        start = scans.begin(job_id)
        if start is None:
            return
        refs = list(scans.files(job_id)) or self._walk(redis, job_id)
        cut = [add_chunk(scans, job_id, start.generation, [ref])[0] for ref in refs]
        scans.finish(job_id, start.generation)
        for chunk_id in cut:
            claim = chunks.claim(job_id, chunk_id)
            if claim is not None:
                chunks.complete(job_id, chunk_id, self._encode(claim))

    def _walk(self, redis: RedisClient, job_id: str) -> list[FileRef]:
        source = Jobs(redis, self._settings).get(job_id).spec.source
        if source.kind != "directory":
            return []
        return [
            FileRef(uri=file_uri(path), size=path.stat().st_size, mtime_ns=path.stat().st_mtime_ns)
            for path in sorted(Path(source.path).rglob("*"))
            if path.is_file()
        ]

    def _encode(self, claim: ChunkClaim) -> ChunkOutcome:
        spec = claim.spec
        (ref,) = claim.files
        try:
            with open_image(ref.uri, spec.collection, self._settings) as file:
                content = file.read()
            vector = vector_of(_decoded(content))
        except PictureError as error:
            failure = Failure(**ref.model_dump(), code=error.code, reason=error.detail)
            return ChunkOutcome(failures=(failure,))
        row = row_of(
            ref.uri, content, ref.mtime_ns, job=spec.id, tags=spec.tags, metadata=spec.metadata
        )
        self._writer.upsert(spec.collection, [row], vector[None])
        return ChunkOutcome(indexed=1, bytes=row.bytes)


def _decoded(content: bytes) -> bytes:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
    except OSError as error:
        raise PictureError("truncated", "The file ends too early.") from error
    return content
