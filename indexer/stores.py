"""What an indexer process works with, opened once."""

import threading
from dataclasses import dataclass

from indexer.active_scans import ActiveScans
from shared.ledger import JobRecovery, Jobs, Scans, Workers
from shared.queue import Dispatcher
from shared.redis import RedisClient
from shared.settings import Settings
from shared.store import Collections, Images


@dataclass(frozen=True)
class IndexerStores:
    """The stores of one process. `stop` is set when the process shuts down."""

    settings: Settings
    jobs: Jobs
    scans: Scans
    job_recovery: JobRecovery
    workers: Workers
    collections: Collections
    images: Images
    dispatcher: Dispatcher
    active_scans: ActiveScans
    stop: threading.Event

    def close(self) -> None:
        self.collections.close()
        self.images.close()


def open_stores(
    settings: Settings, redis: RedisClient, dispatcher: Dispatcher, indexer_id: str
) -> IndexerStores:
    """Connections are made at the first call, so a store that is away delays no start."""
    return IndexerStores(
        settings=settings,
        jobs=Jobs(redis, settings),
        scans=Scans(redis, indexer_id),
        job_recovery=JobRecovery(redis, indexer_id),
        workers=Workers(redis, settings),
        collections=Collections(settings),
        images=Images(settings),
        dispatcher=dispatcher,
        active_scans=ActiveScans(),
        stop=threading.Event(),
    )
