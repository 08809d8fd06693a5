"""A folder and its collection: loaded by a real indexer and real encoders, over real stores."""

import hashlib
import itertools
import os
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from encoder_worker.chunks.processor import ChunkProcessor
from encoder_worker.encode.encoder import Encoder
from shared.domain.image import ImageFilter, ImageRow
from shared.domain.job import Job
from shared.files.uris import file_path
from shared.ledger import keys
from shared.redis import RedisClient
from shared.sandbox.pool import DecoderPool
from shared.settings import Settings
from tests.drawn import draw
from tests.encoders import encoded
from tests.integration.encoder_worker.load import Load
from tests.integration.indexer.loads import Loads

SIZE = (48, 32)


class Counts(NamedTuple):
    """What a job counted, in the order that its sum is written in."""

    indexed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    failed: int = 0
    moved: int = 0
    removed: int = 0


def picture(index: int) -> bytes:
    """The bytes of a drawn picture: equal for equal indexes."""
    return encoded(draw(index, SIZE), "PNG")


class Library:
    """One folder, one collection, and the processes of one machine as threads of this one."""

    def __init__(
        self,
        settings: Settings,
        redis: RedisClient,
        encoder: Encoder,
        decoders: DecoderPool,
        *,
        encoders: int = 1,
    ) -> None:
        small = settings.model_copy(update={"chunk_size": 3})
        self.encoding = Load(small, redis, encoder, decoders)
        self.encoding.make_collection()
        self.indexing = Loads(small, settings.default_collection)
        self.collection = settings.default_collection
        self.root: Path = settings.image_roots[0]
        self.jobs = self.encoding.jobs
        self.images = self.encoding.images
        self.redis = redis
        self._workers = [self.encoding.worker() for _ in range(encoders)]
        self.writer = self.indexing.writer
        #: Seconds: each write is a second later than the one before.
        self.clock = 0

    def write(self, name: str, index: int) -> Path:
        """Write a picture; each write has a time of its own."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(index))
        self.touch(name)
        return path

    def touch(self, name: str) -> None:
        """Give a file a time that no other file has."""
        self.clock += 1
        time = 1_700_000_000 + self.clock
        os.utime(self.root / name, (time, time))

    def rename(self, old: str, new: str) -> None:
        (self.root / old).rename(self.root / new)

    def rotate(self, names: list[str]) -> None:
        """Each name takes the file of the one before it, the first that of the last."""
        self.rename(names[-1], ".held")
        for old, new in reversed(list(itertools.pairwise(names))):
            self.rename(old, new)
        self.rename(".held", names[0])

    def load(self, **spec: Any) -> Job:
        """Load the folder, unless the spec names another source, to its end."""
        return self.finish(self.indexing.job(**spec))

    def scanned(self, **spec: Any) -> str:
        """A job whose scan is over, with all of its chunks pending."""
        job_id = self.indexing.job(**spec)
        self.indexing.indexer().scan(job_id)
        return job_id

    def finish(self, job_id: str) -> Job:
        """Scan a job while the encoders process what chunks there are."""
        scanning = threading.Thread(target=self.indexing.indexer().scan_to_end, args=(job_id,))
        working = [
            threading.Thread(target=self._work, args=(worker, job_id, scanning.is_alive))
            for worker in self._workers
        ]
        scanning.start()
        for thread in working:
            thread.start()
        for thread in (scanning, *working):
            thread.join(120)
            assert not thread.is_alive()
        return self.jobs.get(job_id)

    def work_until_killed(self, job_id: str) -> bool:
        """Process a job's chunks; False if that raised SystemExit, and the encoder died of it."""
        name = uuid.uuid4().hex
        worker = self.encoding.worker(name=name)
        try:
            while chunks := self.indexing.pending(job_id):
                for chunk in chunks:
                    worker.work(job_id, chunk)
        except SystemExit:
            self.redis.delete(keys.WORKER + name)
            return False
        return True

    def rows(self) -> dict[str, ImageRow]:
        """The rows of the collection, by the file's path below the folder."""
        batches = list(self.images.iterate(self.collection, ImageFilter()))
        rows = [row for batch in batches for row in batch]
        named = {str(file_path(row.uri).relative_to(self.root)): row for row in rows}
        assert len(named) == len(rows)
        return named

    def contents(self) -> dict[str, str]:
        """The hashes of the folder's files, by path."""
        return {
            str(path.relative_to(self.root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.root.rglob("*")
            if path.is_file()
        }

    def indexed_contents(self) -> dict[str, str]:
        """The hashes that the collection has, by path."""
        return {name: row.sha256 for name, row in self.rows().items()}

    def tag(self, name: str, tag: str) -> None:
        self.images.update(self.collection, self.rows()[name].id, tags=[tag])

    def tags(self) -> dict[str, tuple[str, ...]]:
        return {name: row.tags for name, row in self.rows().items()}

    def close(self) -> None:
        self.encoding.close()
        self.indexing.close()

    def _work(self, worker: ChunkProcessor, job_id: str, scanning: Callable[[], bool]) -> None:
        wait = threading.Event()
        while True:
            scan_runs, chunks = scanning(), self.indexing.pending(job_id)
            if not scan_runs and not chunks:
                return
            for chunk in chunks:
                worker.work(job_id, chunk)
            wait.wait(0.01)


def counts(job: Job) -> Counts:
    """A job's counts; fails the test where they do not add up."""
    assert job.status == "done", job
    assert job.done == job.total, job
    return Counts(
        job.indexed,
        job.unchanged,
        job.duplicates,
        job.failed,
        job.moved,
        job.removed,
    )
