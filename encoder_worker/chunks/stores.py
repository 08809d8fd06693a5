"""What a worker reads from and writes to, opened once for the process."""

from dataclasses import dataclass

from shared.ledger import Chunks, Jobs
from shared.redis import RedisClient
from shared.settings import Settings
from shared.store.collections import Collections
from shared.store.image_writer import ImageWriter
from shared.store.images import Images


@dataclass(frozen=True)
class Stores:
    chunks: Chunks
    jobs: Jobs
    collections: Collections
    images: Images
    writer: ImageWriter

    def close(self) -> None:
        for store in (self.collections, self.images, self.writer):
            store.close()


def open_stores(settings: Settings, redis: RedisClient, worker_id: str) -> Stores:
    """Connections are made at the first call, so a store that is away delays no start."""
    return Stores(
        chunks=Chunks(redis, worker_id),
        jobs=Jobs(redis, settings),
        collections=Collections(settings),
        images=Images(settings),
        writer=ImageWriter(settings),
    )
