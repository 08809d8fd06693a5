"""A folder and its collection: loaded by a real indexer and real encoders, over real stores."""

import threading
from collections.abc import Callable
from typing import Any

from encoder_worker.chunks.processor import ChunkProcessor
from encoder_worker.encode.encoder import Encoder
from shared.domain.image import ImageFilter, ImageRow
from shared.domain.job import Job
from shared.files.uris import file_path
from shared.redis import RedisClient
from shared.sandbox.pool import DecoderPool
from shared.settings import Settings
from tests.folders import Counts, Folder
from tests.integration.encoder_worker.load import Load
from tests.integration.indexer.loads import Loads


class Library(Folder):
    """One folder, one collection, and the processes of one machine as threads of this one."""

    def __init__(
        self,
        settings: Settings,
        redis: RedisClient,
        encoder: Encoder,
        decoders: DecoderPool,
        *,
        encoders: int = 1,
        regions: bool = False,
    ) -> None:
        super().__init__(settings.image_roots[0])
        small = settings.model_copy(update={"chunk_size": 3})
        self.encoding = Load(small, redis, encoder, decoders)
        self.encoding.make_collection(regions=regions)
        self.indexing = Loads(small, settings.default_collection)
        self.collection = settings.default_collection
        self.jobs = self.encoding.jobs
        self.images = self.encoding.images
        self.redis = redis
        self._workers = [self.encoding.worker() for _ in range(encoders)]
        self.writer = self.indexing.writer

    def load(self, **spec: Any) -> Job:
        """Load the folder, unless the spec names another source, to its end."""
        return self.finish(self.indexing.job(**spec))

    def scanned(self, **spec: Any) -> str:
        """A job whose scan is over, with all of its chunks pending."""
        job_id = self.indexing.job(**spec)
        self.indexing.indexer().scan(job_id)
        return job_id

    def work(self, job_id: str) -> None:
        """Process a job's chunks until none is pending."""
        worker = self.encoding.worker()
        while chunks := self.indexing.pending(job_id):
            for chunk in chunks:
                worker.work(job_id, chunk)

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

    def rows(self) -> dict[str, ImageRow]:
        """The rows of the collection, by the file's path below the folder."""
        batches = list(self.images.iterate(self.collection, ImageFilter()))
        rows = [row for batch in batches for row in batch]
        named = {str(file_path(row.uri).relative_to(self.root)): row for row in rows}
        assert len(named) == len(rows)
        return named

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
