"""The stores and clients of an indexer process, opened once."""

import threading
from dataclasses import dataclass, replace
from typing import Self

from indexer.active_scans import ActiveScans
from shared.fetch.fetcher import Fetcher
from shared.ledger import (
    Calibrations,
    Copies,
    DuplicateTies,
    FailureLists,
    Filesystems,
    JobRecovery,
    Jobs,
    RowLocks,
    Scans,
    StandingSources,
    UploadFiles,
    Webhooks,
    Workers,
)
from shared.queue import Celery, Dispatcher
from shared.redis import RedisClient, connect
from shared.retry import RetryPolicy
from shared.settings import Settings
from shared.sources import Files
from shared.store import (
    Collections,
    Editions,
    Images,
    ImageWriter,
    MilvusConnection,
    Neighbours,
    RowCopies,
)


@dataclass(frozen=True)
class IndexerStores:
    """The stores of one process, over one connection each. `stop` is set when it shuts down."""

    settings: Settings
    files: Files
    fetcher: Fetcher
    redis: RedisClient
    milvus: MilvusConnection
    jobs: Jobs
    scans: Scans
    failures: FailureLists
    filesystems: Filesystems
    row_locks: RowLocks
    upload_files: UploadFiles
    standing_sources: StandingSources
    webhooks: Webhooks
    job_recovery: JobRecovery
    workers: Workers
    collections: Collections
    editions: Editions
    images: Images
    writer: ImageWriter
    neighbours: Neighbours
    duplicate_ties: DuplicateTies
    calibrations: Calibrations
    copies: Copies
    row_copies: RowCopies
    dispatcher: Dispatcher
    active_scans: ActiveScans
    stop: threading.Event

    def with_retry(self, retry: RetryPolicy | None) -> Self:
        """The same stores, their repeatable calls under `retry`."""
        return replace(
            self,
            jobs=self.jobs.with_retry(retry),
            scans=self.scans.with_retry(retry),
            filesystems=self.filesystems.with_retry(retry),
            workers=self.workers.with_retry(retry),
            collections=self.collections.with_retry(retry),
            editions=self.editions.with_retry(retry),
            images=self.images.with_retry(retry),
            writer=self.writer.with_retry(retry),
            neighbours=self.neighbours.with_retry(retry),
            duplicate_ties=self.duplicate_ties.with_retry(retry),
            calibrations=self.calibrations.with_retry(retry),
            copies=self.copies.with_retry(retry),
            row_copies=self.row_copies.with_retry(retry),
            dispatcher=self.dispatcher.with_retry(retry),
        )

    def close(self) -> None:
        self.files.close()
        self.fetcher.close()
        self.milvus.close()
        self.redis.close()


def open_stores(settings: Settings, app: Celery, indexer_id: str) -> IndexerStores:
    """Nothing is connected before the first call, so an outage does not delay the start."""
    redis, milvus = connect(settings), MilvusConnection(settings)
    jobs, collections = Jobs(redis, settings), Collections(milvus, settings)
    return IndexerStores(
        settings=settings,
        files=Files(settings),
        fetcher=Fetcher(settings),
        redis=redis,
        milvus=milvus,
        jobs=jobs,
        scans=Scans(redis, indexer_id),
        failures=FailureLists(redis),
        filesystems=Filesystems(redis),
        row_locks=RowLocks(redis, indexer_id),
        upload_files=UploadFiles(redis, jobs),
        standing_sources=StandingSources(redis),
        webhooks=Webhooks(redis),
        job_recovery=JobRecovery(redis, indexer_id),
        workers=Workers(redis, settings),
        collections=collections,
        editions=Editions(milvus, collections),
        images=Images(milvus),
        writer=ImageWriter(milvus),
        neighbours=Neighbours(milvus),
        duplicate_ties=DuplicateTies(redis),
        calibrations=Calibrations(redis),
        copies=Copies(redis),
        row_copies=RowCopies(milvus),
        dispatcher=Dispatcher(app),
        active_scans=ActiveScans(),
        stop=threading.Event(),
    )
