"""Files that crashes and deletions leave are deleted, and none that something refers to."""

import time

import pytest

from gateway.files.uploads import DROPPED
from shared.domain.chunk import ChunkOutcome, FileRef
from shared.domain.job import Failure
from shared.files.stored import TEMPORARY
from shared.ledger import Chunks, Scans, UploadFiles, keys
from shared.redis import RedisClient
from shared.store import Collections, Images, ImageWriter
from tests.chunks import add_chunk
from tests.integration.gateway.client import Client
from tests.integration.gateway.conftest import OpenSweep
from tests.integration.shared.store.samples import make_row, make_vectors


def write_rows(writer: ImageWriter, collection: str, *refs: FileRef) -> None:
    rows = [make_row(n, uri=ref.uri) for n, ref in enumerate(refs)]
    writer.upsert(collection, rows, make_vectors(len(rows)))


def fail(redis: RedisClient, job: str, ref: FileRef) -> None:
    """End a job whose one file failed."""
    scans, chunks = Scans(redis, "indexer"), Chunks(redis, "encoder")
    scans.begin(job)
    chunk, _ = add_chunk(scans, job, 1, [ref])
    scans.finish(job, 1)
    assert chunks.claim(job, chunk) is not None
    failure = Failure(uri=ref.uri, code="worker_lost", reason="It was lost.")
    chunks.complete(job, chunk, ChunkOutcome(failures=(failure,)))


def test_only_files_that_nothing_refers_to_are_deleted(
    client: Client, empty: str, writer: ImageWriter, redis: RedisClient, open_sweep: OpenSweep
) -> None:
    indexed, queued, failed, left = client.put(1, 2, 3, 4)
    write_rows(writer, empty, indexed)
    client.queue(queued)
    job = client.queue(failed).spec.id
    fail(redis, job, failed)
    assert client.jobs.get(job).finished
    half = client.settings.uploads_dir / empty / f"{TEMPORARY}x"
    half.write_bytes(b"half")

    open_sweep(3600.0).sweep()
    assert all(client.path(ref).exists() for ref in (indexed, queued, failed, left))
    assert half.exists()

    time.sleep(0.1)
    open_sweep(0.05).sweep()
    assert [client.path(ref).exists() for ref in (indexed, queued, failed, left)] == [
        True,
        True,
        True,
        False,
    ]
    assert not half.exists()


def test_a_file_that_is_uploaded_again_meanwhile_stays(
    client: Client, empty: str, open_sweep: OpenSweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look for what refers to it and its deletion, it is found and has a job."""
    (ref,) = client.put(1)
    time.sleep(1.1)
    in_use = UploadFiles.in_use

    def upload_then(files: UploadFiles, collection: str) -> set[str]:
        found = in_use(files, collection)
        client.queue(*client.put(1))
        return found

    monkeypatch.setattr(UploadFiles, "in_use", upload_then)
    open_sweep(1.0).sweep()
    assert client.path(ref).exists()


def test_a_row_that_is_written_meanwhile_keeps_its_file(
    client: Client,
    empty: str,
    writer: ImageWriter,
    open_sweep: OpenSweep,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (ref,) = client.put(1)
    in_use = UploadFiles.in_use

    def write_then(files: UploadFiles, collection: str) -> set[str]:
        write_rows(writer, empty, ref)
        return in_use(files, collection)

    monkeypatch.setattr(UploadFiles, "in_use", write_then)
    time.sleep(0.1)
    open_sweep(0.05).sweep()
    assert client.path(ref).exists()


def test_files_of_another_collection_of_the_name_stay(
    client: Client, empty: str, collections: Collections, open_sweep: OpenSweep
) -> None:
    """The gateway may have been started with a wrong Milvus, that has one of this name."""
    (ref,) = client.put(1)
    collections.drop(empty)
    collections.create(empty, weights="untrained-1", pooling="avg")
    client.put(2)
    time.sleep(0.1)
    open_sweep(0.05).sweep()
    assert client.path(ref).exists()
    collections.drop(empty)
    open_sweep(0.05).sweep()
    assert client.path(ref).exists()
    collections.create(empty, weights="untrained-1", pooling="avg")


def test_one_gateway_sweeps_at_a_time(
    client: Client, empty: str, redis: RedisClient, open_sweep: OpenSweep
) -> None:
    (ref,) = client.put(1)
    time.sleep(0.1)
    redis.set(keys.UPLOAD_SWEEP, "another")
    open_sweep(0.05).sweep()
    assert client.path(ref).exists()
    redis.delete(keys.UPLOAD_SWEEP)
    open_sweep(0.05).sweep()
    assert not client.path(ref).exists()


def test_files_of_images_that_a_job_deleted(
    client: Client,
    empty: str,
    writer: ImageWriter,
    images: Images,
    redis: RedisClient,
    open_sweep: OpenSweep,
) -> None:
    gone, kept = client.put(1, 2)
    write_rows(writer, empty, kept)
    files = UploadFiles(redis, client.jobs)
    files.add_deleted(empty, [gone.uri, kept.uri, "file:///photos/a.jpg"])
    files.add_deleted("never_there", [gone.uri])
    open_sweep(3600.0).remove_deleted()
    assert [client.path(ref).exists() for ref in (gone, kept)] == [False, True]
    assert list(files.deleted()) == []


def test_folders_of_dropped_collections(client: Client, empty: str, open_sweep: OpenSweep) -> None:
    (ref,) = client.put(1)
    folder = client.settings.uploads_dir / empty
    folder.rename(client.settings.uploads_dir / f"{DROPPED}1")
    (kept,) = client.put(2)
    open_sweep(3600.0).remove_dropped()
    assert not list(client.settings.uploads_dir.glob(f"{DROPPED}*"))
    assert client.path(kept).exists()
    assert not client.path(ref).exists()
