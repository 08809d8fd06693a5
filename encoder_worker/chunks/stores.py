"""What a worker reads from and writes to, opened once for the process."""

from dataclasses import dataclass

from shared.ledger import Chunks, ContentClaims, Jobs
from shared.redis import RedisClient
from shared.settings import Settings
from shared.store import Collections, Images, ImageWriter


@dataclass(frozen=True)
class Stores:
    chunks: Chunks
    content_claims: ContentClaims
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
        content_claims=ContentClaims(redis),
        jobs=Jobs(redis, settings),
        collections=Collections(settings),
        images=Images(settings),
        writer=ImageWriter(settings),
    )
