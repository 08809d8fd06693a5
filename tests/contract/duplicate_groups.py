"""A collection and its groups of duplicates, which are written as a job writes them."""

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from shared.domain.chunk import ChunkOutcome, FileRef
from shared.domain.duplicates import (
    Computed,
    DuplicateGroup,
    DuplicateReport,
    Grade,
    Member,
    content_key,
)
from shared.domain.image import ImageRow
from shared.domain.job import DirectorySource, JobSpec
from shared.ledger import Chunks, DuplicateTies, Jobs, Scans
from shared.redis import RedisClient
from shared.settings import Settings
from shared.store import Collections, ImageWriter, MilvusConnection
from tests.chunks import add_chunk
from tests.contract.workers import index
from tests.drawn import draw_files


class Library:
    """A collection with six images of five contents, and its groups."""

    def __init__(
        self, api: httpx.Client, redis: RedisClient, settings: Settings, collection: str, root: Path
    ) -> None:
        self.api, self.redis, self.settings, self.collection = api, redis, settings, collection
        self.url = f"/api/v2/collections/{collection}/duplicates"
        paths = draw_files(root, 5)
        (root / "again.png").write_bytes(paths[0].read_bytes())
        self.rows = index(settings, collection, [*paths, root / "again.png"])
        self.milvus = MilvusConnection(settings)
        self.generation = Collections(self.milvus, settings).identity(collection).generation

    def group(self, grade: Grade, match: float, *numbers: int) -> DuplicateGroup:
        rows = [self.rows[number] for number in numbers]
        return DuplicateGroup.of(grade, match, [Member(r.id, content_key(r.sha256)) for r in rows])

    def publish(self, *groups: DuplicateGroup) -> str:
        job: str = self.api.post(self.url).raise_for_status().json()["id"]
        start = Scans(self.redis, "indexer").begin(job)
        assert start is not None
        ties = DuplicateTies(self.redis)
        computed = Computed(
            job=job,
            generation=self.generation,
            computed_at=1e9,
            images=6,
            copy_match=0.9,
            similar_match=0.5,
        )
        known = len(ties.dismissals(self.collection, self.generation))
        ties.publish(job, start.generation, self.collection, computed, groups, known)
        return job

    def reported(self, *reports: DuplicateReport) -> str:
        """A load of one chunk, whose encoder has reported these."""
        spec = JobSpec(
            id=uuid.uuid4().hex,
            collection=self.collection,
            source=DirectorySource(path="/"),
            created_at=1.0,
            report_duplicates=True,
        )
        Jobs(self.redis, self.settings).create(spec)
        scans, chunks = Scans(self.redis, "indexer"), Chunks(self.redis, "encoder")
        start = scans.begin(spec.id)
        assert start is not None
        refs = [FileRef(uri=report.uri, size=1, mtime_ns=1) for report in reports]
        chunk, _ = add_chunk(scans, spec.id, start.generation, refs)
        assert chunks.claim(spec.id, chunk) is not None
        chunks.complete(spec.id, chunk, ChunkOutcome(indexed=len(refs), reports=reports))
        return spec.id

    def page(self, **params: Any) -> dict[str, Any]:
        reply: dict[str, Any] = self.api.get(self.url, params=params).raise_for_status().json()
        return reply

    def shown(self, **params: Any) -> list[list[int]]:
        """The groups as numbers of rows, in the order of the reply."""
        numbers = {row.id: n for n, row in enumerate(self.rows)}
        return [[numbers[i["id"]] for i in g["images"]] for g in self.page(**params)["items"]]

    def act(self, group: DuplicateGroup, action: str, **body: Any) -> httpx.Response:
        return self.api.post(f"{self.url}/{group.id}/{action}", json=body or None)

    def forget(self, number: int) -> None:
        image = self.rows[number].id
        self.api.delete(f"/api/v2/collections/{self.collection}/images/{image}").raise_for_status()

    def write(self, rows: Sequence[ImageRow]) -> None:
        """Change rows, but for their vectors."""
        writer = ImageWriter(self.milvus)
        stored = writer.stored(self.collection, [row.id for row in rows])
        writer.upsert(self.collection, rows, [stored[row.id].vector for row in rows])
