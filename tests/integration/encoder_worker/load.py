"""A load for encoder tests: a job in a real ledger, its chunks, and its collection."""

import asyncio
import threading
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from encoder_worker.chunks.processor import ChunkProcessor
from encoder_worker.chunks.reading import FileReader
from encoder_worker.chunks.stages import Stages
from encoder_worker.chunks.stores import open_stores
from encoder_worker.decode.batch import BatchDecoder, decode_in_pool
from encoder_worker.decode.decoder import region_views
from encoder_worker.encode.encoder import Encoder
from shared.domain.chunk import FileRef
from shared.domain.fingerprint import Pooling
from shared.domain.image import ImageRow
from shared.domain.job import DirectorySource, Failure, Job, JobSpec, UploadSource
from shared.domain.worker import WorkerInfo
from shared.files.uris import file_uri
from shared.ledger import Chunks, Jobs, Scans, Workers, keys
from shared.redis import RedisClient
from shared.sandbox.pool import DecoderPool
from shared.settings import Settings
from shared.sources import Files
from shared.store import AsyncMilvusConnection, Collections, Images, MilvusConnection, VectorSearch
from tests.chunks import add_chunk


class Load:
    """Jobs of one test on one collection, and workers for their chunks."""

    def __init__(
        self, settings: Settings, redis: RedisClient, encoder: Encoder, decoders: DecoderPool
    ) -> None:
        self.settings = settings
        self.decoders = decoders
        self.redis = redis
        self.encoder = encoder
        self.collection = settings.default_collection
        self.root = settings.image_roots[0]
        self.jobs = Jobs(redis, settings)
        milvus = MilvusConnection(settings)
        self.collections = Collections(milvus, settings)
        self.images = Images(milvus)
        self.threads = ThreadPoolExecutor(2)
        self.stopping = threading.Event()
        self.decode_regions = decode_in_pool(decoders, self.threads, self.stopping, region_views())
        self._opened: list[Any] = [milvus]

    def make_collection(
        self, pooling: Pooling = "avg", weights: str | None = None, *, regions: bool = False
    ) -> None:
        weights = weights or self.encoder.weights
        make = (
            partial(self.collections.create, regions=True) if regions else self.collections.ensure
        )
        make(self.collection, weights=weights, pooling=pooling)

    def ref(self, path: Path, **changes: Any) -> FileRef:
        """A file as a scan reports it."""
        stat = path.stat()
        fields = {"uri": file_uri(path), "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
        return FileRef(**{**fields, **changes})

    def job(self, *chunks: Sequence[FileRef | Path], **spec: Any) -> tuple[str, list[str]]:
        """A scanned job of these chunks; returns its id and theirs."""
        uploads = spec.pop("uploads", 0)
        source = UploadSource(files=uploads) if uploads else DirectorySource(path=str(self.root))
        job_id = uuid.uuid4().hex
        fields = {"collection": self.collection, "source": source, "created_at": time.time()}
        self.jobs.create(JobSpec(id=job_id, **{**fields, **spec}))
        scans = Scans(self.redis, "indexer")
        start = scans.begin(job_id)
        assert start is not None
        ids = []
        for chunk in chunks:
            files = [self.ref(item) if isinstance(item, Path) else item for item in chunk]
            ids.append(add_chunk(scans, job_id, start.generation, files)[0])
        scans.finish(job_id, start.generation)
        return job_id, ids

    def worker(
        self,
        decode_all: BatchDecoder | None = None,
        decode_suspects: BatchDecoder | None = None,
        name: str | None = None,
        encoder: Encoder | None = None,
        decode_regions: BatchDecoder | None = None,
    ) -> ChunkProcessor:
        """A worker that the ledger takes for alive."""
        name = name or uuid.uuid4().hex
        info = WorkerInfo(id=name, name=name, queue="encode", started_at=time.time())
        # A minute of life, where a heartbeat would give it a few seconds again and again.
        patient = self.settings.model_copy(update={"lease_seconds": 60.0})
        Workers(self.redis, patient).heartbeat(info)
        stores = open_stores(self.settings, self.redis, name)
        self._opened.append(stores)
        reader = FileReader(Files(self.settings), self.settings, self.threads)
        self._opened.append(reader)
        in_pool = decode_in_pool(self.decoders, self.threads, self.stopping)
        stages = Stages(
            settings=self.settings,
            encoder=encoder or self.encoder,
            reader=reader,
            decode=decode_all or in_pool,
            decode_suspects=decode_suspects or in_pool,
            decode_regions=decode_regions or self.decode_regions,
            stopping=self.stopping,
        )
        return ChunkProcessor(stages, stores)

    def run(self, *files: FileRef | Path, **spec: Any) -> Job:
        """One job of one chunk, worked on to its end."""
        job_id, (chunk,) = self.job(files, **spec)
        self.worker().work(job_id, chunk)
        return self.jobs.get(job_id)

    def lose(self, job_id: str, chunk_id: str) -> None:
        """Have a worker claim a chunk and die."""
        lost = uuid.uuid4().hex
        info = WorkerInfo(id=lost, name=lost, queue="encode", started_at=time.time())
        Workers(self.redis, self.settings).heartbeat(info)
        assert Chunks(self.redis, lost).claim(job_id, chunk_id) is not None
        self.redis.delete(keys.WORKER + lost)

    def failures(self, job: Job) -> dict[str, Failure]:
        """A job's failures by file name."""
        page, _ = self.jobs.failures(job.spec.id, None, 100)
        return {failure.uri.rpartition("/")[2]: failure for failure in page}

    def rows(self, *files: FileRef | Path) -> list[ImageRow | None]:
        """What the collection has of these files."""
        refs = [self.ref(item) if isinstance(item, Path) else item for item in files]
        found = self.images.get_many(self.collection, [ref.id for ref in refs], strong=True)
        return [found.get(ref.id) for ref in refs]

    def row(self, file: FileRef | Path) -> ImageRow:
        (found,) = self.rows(file)
        assert found is not None
        return found

    def vector(self, file: FileRef | Path) -> list[float]:
        async def ask() -> list[float]:
            milvus = AsyncMilvusConnection(self.settings)
            try:
                search = VectorSearch(milvus)
                return await search.vector_of(self.collection, self.row(file).id)
            finally:
                await milvus.close()

        return asyncio.run(ask())

    def close(self) -> None:
        for item in self._opened:
            item.close()
        self.threads.shutdown()
