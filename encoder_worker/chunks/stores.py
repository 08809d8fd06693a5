"""The stores of an encoder process, opened once."""

from dataclasses import dataclass, replace
from typing import Self

from shared.ledger import Chunks, ContentClaims, Filesystems, Jobs, Moves, RowLocks
from shared.redis import RedisClient
from shared.retry import RetryPolicy
from shared.settings import Settings
from shared.store import (
    Collections,
    Images,
    ImageWriter,
    MilvusConnection,
    Neighbours,
    Regions,
)


@dataclass(frozen=True)
class Stores:
    """The stores of one process, over one connection to Milvus."""

    milvus: MilvusConnection
    chunks: Chunks
    content_claims: ContentClaims
    moves: Moves
    filesystems: Filesystems
    row_locks: RowLocks
    jobs: Jobs
    collections: Collections
    images: Images
    writer: ImageWriter
    neighbours: Neighbours
    regions: Regions

    def with_retry(self, retry: RetryPolicy) -> Self:
        """The same stores, their repeatable calls under `retry`."""
        return replace(
            self,
            chunks=self.chunks.with_retry(retry),
            content_claims=self.content_claims.with_retry(retry),
            moves=self.moves.with_retry(retry),
            filesystems=self.filesystems.with_retry(retry),
            row_locks=self.row_locks.with_retry(retry),
            jobs=self.jobs.with_retry(retry),
            collections=self.collections.with_retry(retry),
            images=self.images.with_retry(retry),
            writer=self.writer.with_retry(retry),
            neighbours=self.neighbours.with_retry(retry),
            regions=self.regions.with_retry(retry),
        )

    def close(self) -> None:
        self.milvus.close()


def open_stores(settings: Settings, redis: RedisClient, worker_id: str) -> Stores:
    """Nothing is connected before the first call, so an outage does not delay the start."""
    milvus = MilvusConnection(settings)
    return Stores(
        milvus=milvus,
        chunks=Chunks(redis, worker_id),
        content_claims=ContentClaims(redis),
        moves=Moves(redis),
        filesystems=Filesystems(redis),
        row_locks=RowLocks(redis, worker_id),
        jobs=Jobs(redis, settings),
        collections=Collections(milvus, settings),
        images=Images(milvus),
        writer=ImageWriter(milvus),
        neighbours=Neighbours(milvus),
        regions=Regions(milvus),
    )
