"""The ledger of one test."""

import time
import uuid
from typing import Any

from shared.domain.chunk import FileRef
from shared.domain.job import DirectorySource, Failure, JobSpec
from shared.domain.worker import HeldLeases, WorkerInfo
from shared.ledger import Chunks, ContentClaims, Events, JobRecovery, Jobs, Scans, Workers
from shared.redis import RedisClient
from shared.settings import Settings
from tests.chunks import add_chunk

FILES = [FileRef(uri=f"file:///p/{i}.jpg", size=10, mtime_ns=1) for i in range(4)]


class Ledger:
    """The ledger of one test, with one indexer and one worker in it."""

    def __init__(self, redis: RedisClient, settings: Settings) -> None:
        self.redis = redis
        self.jobs = Jobs(redis, settings)
        self.workers = Workers(redis, settings)
        self.events = Events(redis)
        self.scans = self.indexer("indexer-1")
        self.recovery = JobRecovery(redis, "indexer-1")
        self.content_claims = ContentClaims(redis)
        self.chunks = self.worker("worker-1")

    def indexer(self, name: str) -> Scans:
        self.heartbeat(name, "scan")
        return Scans(self.redis, name)

    def worker(self, name: str) -> Chunks:
        self.heartbeat(name, "encode")
        return Chunks(self.redis, name)

    def heartbeat(self, name: str, queue: str, held: HeldLeases | None = None) -> int:
        info = WorkerInfo(id=name, name=name, queue=queue, started_at=time.time())
        return self.workers.heartbeat(info, held or HeldLeases())

    def create(self, collection: str = "shoes", **options: Any) -> str:
        spec = JobSpec(
            id=uuid.uuid4().hex,
            collection=collection,
            source=DirectorySource(path="/p"),
            created_at=time.time(),
            **options,
        )
        self.jobs.create(spec)
        return spec.id

    def scanned(self, files: list[FileRef] = FILES) -> tuple[str, str]:
        """A job whose scan is over, and its one chunk."""
        job = self.create()
        self.scans.begin(job)
        chunk, _ = add_chunk(self.scans, job, 1, files)
        self.scans.finish(job, 1)
        return job, chunk


def failure(file: FileRef) -> Failure:
    return Failure(uri=file.uri, code="truncated", reason="It ends too early.")
