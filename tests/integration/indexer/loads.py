"""A load without an encoder: real ledger and stores, chunks completed by the test."""

import hashlib
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from celery import Celery

from indexer.scan.runner import run_scan
from indexer.stores import open_stores
from shared.domain.chunk import ChunkClaim, ChunkOutcome, FileRef
from shared.domain.image import ImageRow
from shared.domain.job import DirectorySource, Failure, Job, JobSpec
from shared.domain.worker import WorkerInfo
from shared.errors import Unavailable
from shared.ledger import Chunks, Jobs, Scans, Workers, keys
from shared.queue import create_celery
from shared.redis import RedisClient, connect
from shared.settings import Settings
from shared.store import ImageWriter, MilvusConnection
from tests.drawn import JPEG
from tests.integration.shared.store.samples import make_vectors

WEIGHTS = "untrained-1"


def heartbeat(settings: Settings, redis: RedisClient, worker: str) -> None:
    """A heartbeat that lasts for as long as a test may take."""
    info = WorkerInfo(id=worker, name=worker, queue="any", started_at=time.time())
    Workers(redis, settings.model_copy(update={"lease_seconds": 600.0})).heartbeat(info)


class Indexer:
    """An indexer process, as far as the ledger can tell."""

    def __init__(self, settings: Settings, app: Celery, redis: RedisClient) -> None:
        self.id = uuid.uuid4().hex
        self.redis = redis
        self.stores = open_stores(settings, app, self.id)
        self.workers = self.stores.workers
        heartbeat(settings, redis, self.id)

    def scan(self, job_id: str) -> None:
        run_scan(job_id, self.stores)

    def scan_to_end(self, job_id: str) -> None:
        """Scan, and again when the chunks of a walk are reported, as recovery has it done."""
        self.scan(job_id)
        key = keys.job(job_id)
        while self.redis.hexists(key, "walk") and self.redis.hget(key, "scan_done") != b"1":
            if self.stores.jobs.get(job_id).finished or self.stores.stop.wait(0.02):
                return
            self.scan(job_id)

    def die(self) -> None:
        """Leave the ledger as a killed process does, once its heartbeat has run out."""
        self.stores.stop.set()
        self.redis.delete(keys.WORKER + self.id)

    def close(self) -> None:
        self.stores.stop.set()
        self.stores.close()


class Loads:
    """Jobs of one test, indexers that scan them, and a worker that completes their chunks."""

    def __init__(self, settings: Settings, collection: str) -> None:
        self.settings = settings
        self.collection = collection
        self.redis = connect(settings)
        self.app = create_celery(settings)
        self.jobs = Jobs(self.redis, settings)
        self.scans = Scans(self.redis, "onlooker")
        self.chunks = Chunks(self.redis, "encoder")
        heartbeat(settings, self.redis, "encoder")
        self.milvus = MilvusConnection(settings)
        self.writer = ImageWriter(self.milvus)
        self.root = settings.image_roots[0]
        self.indexers: list[Indexer] = []
        self.claims: list[ChunkClaim] = []

    def indexer(self, settings: Settings | None = None) -> Indexer:
        made = Indexer(settings or self.settings, self.app, self.redis)
        self.indexers.append(made)
        return made

    def put(self, *names: str) -> list[Path]:
        """Write tiny files that look like pictures, each of other content."""
        paths = []
        for name in names:
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(JPEG + name.encode("utf-8", "surrogateescape"))
            paths.append(path)
        return paths

    def job(self, files: list[FileRef] | None = None, **spec: Any) -> str:
        """Write a job: of the whole root, unless the spec says otherwise."""
        job_id = uuid.uuid4().hex
        spec.setdefault("source", DirectorySource(path=str(self.root)))
        spec.setdefault("collection", self.collection)
        self.jobs.create(JobSpec(id=job_id, created_at=time.time(), **spec), files or [])
        return job_id

    def load(self, **spec: Any) -> Job:
        """Scan a new job with one indexer while another thread completes its chunks."""
        job_id = self.job(**spec)
        return self.finish(job_id, self.indexer())

    def finish(self, job_id: str, indexer: Indexer) -> Job:
        done = threading.Event()

        def work() -> None:
            while not done.wait(0.005):
                self.complete(job_id)

        worker = threading.Thread(target=work)
        worker.start()
        try:
            indexer.scan_to_end(job_id)
        finally:
            done.set()
            worker.join()
        self.complete(job_id)
        return self.jobs.get(job_id)

    def pending(self, job_id: str) -> list[str]:
        return [key.decode() for key in self.redis.hkeys(keys.job(job_id, "chunks"))]

    def complete(self, job_id: str, failures: tuple[str, ...] = ()) -> None:
        """Do an encoder's work for all chunks there are; names in `failures` fail."""
        for chunk in self.pending(job_id):
            claim = self.chunks.claim(job_id, chunk)
            if claim is None:
                continue
            self.claims.append(claim)
            failed = [ref for ref in claim.files if ref.uri.rpartition("/")[2] in failures]
            rows = [self.row(ref, job_id) for ref in claim.files if ref not in failed]
            try:
                self.writer.upsert(self.collection, rows, make_vectors(len(rows)))
            except Unavailable:
                self.claims.pop()
                self.chunks.release(job_id, chunk, claim.token)
                raise
            outcome = ChunkOutcome(
                indexed=len(rows),
                failures=tuple(Failure(uri=r.uri, code="corrupt", reason="x") for r in failed),
            )
            assert self.chunks.complete(job_id, chunk, outcome)

    def row(self, ref: FileRef, job_id: str) -> ImageRow:
        return ImageRow(
            id=ref.id,
            uri=ref.uri,
            sha256=hashlib.sha256(ref.uri.encode()).hexdigest(),
            width=1,
            height=1,
            bytes=ref.size,
            mtime_ns=ref.mtime_ns,
            format="jpeg",
            added_at=time.time_ns() // 1000,
            job=job_id,
            tags=(),
            metadata={},
        )

    def encoded(self) -> list[str]:
        """The names of the files in chunks that were completed, in no order."""
        return sorted(ref.uri.rpartition("/")[2] for claim in self.claims for ref in claim.files)

    def close(self) -> None:
        for indexer in self.indexers:
            indexer.close()
        self.milvus.close()
        self.app.close()
        self.redis.close()


def upload_ref(n: int) -> FileRef:
    """An upload as the gateway lists it."""
    return FileRef(uri=f"upload://{n:064x}.jpg", size=n, mtime_ns=n, name=f"holiday {n}.jpg")
