"""v1: the article's five calls answer exactly as it describes."""

from pathlib import Path

import httpx

from shared.domain.chunk import ChunkOutcome, FileRef
from shared.domain.job import Failure
from shared.ledger import Chunks, Jobs, Scans
from shared.redis import RedisClient
from shared.settings import Settings
from tests.chunks import add_chunk
from tests.contract.calls import plain
from tests.contract.uploads import jpeg


def test_process_says_n_of_n_only_at_the_end(
    api: httpx.Client,
    encoder_seen: None,
    redis: RedisClient,
    settings: Settings,
    pictures_root: Path,
) -> None:
    def process() -> tuple[int, int]:
        text = api.get("/api/v1/process").text
        current, total = text.removeprefix("current: ").split(", total: ")
        return int(current), int(total)

    plain(api.get("/api/v1/process"), "current: 0, total: 0")
    plain(api.post("/api/v1/train", json={"File": str(pictures_root)}), "Start")
    assert process() == (0, 1)
    job = Jobs(redis, settings).newest_of_directory()
    assert job is not None
    scans, chunks = Scans(redis, "scan-1"), Chunks(redis, "encode-1")
    start = scans.begin(job.spec.id)
    assert start is not None
    refs = [FileRef(uri=f"file:///{n}", size=1, mtime_ns=1) for n in range(3)]
    chunk_id, _ = add_chunk(scans, job.spec.id, start.generation, refs)
    assert process() == (0, 3)
    chunks.claim(job.spec.id, chunk_id)
    failure = Failure(uri=refs[0].uri, code="truncated", reason="Too short.")
    chunks.complete(job.spec.id, chunk_id, ChunkOutcome(indexed=2, failures=(failure,)))
    # All that was found is done, but the scan is not over.
    assert process() == (3, 4)
    scans.finish(job.spec.id, start.generation)
    plain(api.get("/api/v1/process"), "current: 3, total: 3")


def test_process_of_a_cancelled_load_is_over(
    api: httpx.Client, encoder_seen: None, redis: RedisClient, settings: Settings
) -> None:
    api.post("/api/v1/train", json={"File": str(settings.image_roots[0])})
    job = Jobs(redis, settings).newest_of_directory()
    assert job is not None
    Jobs(redis, settings).cancel(job.spec.id)

    plain(api.get("/api/v1/process"), "current: 0, total: 0")


def test_process_follows_the_train_though_an_upload_came_after_it(
    api: httpx.Client,
    encoder_seen: None,
    redis: RedisClient,
    settings: Settings,
    collection: str,
) -> None:
    api.post("/api/v1/train", json={"File": str(settings.image_roots[0])})
    reply = api.post(
        f"/api/v2/collections/{collection}/images", files={"files": ("a.jpg", jpeg(1))}
    )
    Jobs(redis, settings).cancel(reply.json()["id"])

    plain(api.get("/api/v1/process"), "current: 0, total: 1")
