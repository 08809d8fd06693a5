"""Chunks whose worker is lost, whose job ends, or whose process stops or crashes."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from encoder_worker.decode.batch import decode_in_pool
from encoder_worker.decode.decoder import decode
from encoder_worker.errors import EncoderFailed
from shared.errors import PictureError
from shared.ledger import Chunks
from shared.pictures.square import Picture
from shared.sandbox.pool import DecoderLimits, DecoderPool
from tests import hostile_decoders as hostile
from tests.drawn import draw
from tests.hostile_pictures import endless_jpeg
from tests.integration.encoder_worker.conftest import Drawn
from tests.integration.encoder_worker.load import Load


def test_a_lost_attempt_that_had_written_counts_once(
    load: Load, drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between writing and reporting: the next attempt finds its rows."""
    path = drawn(1)
    job_id, (chunk,) = load.job([path])
    first = load.worker(name="first")

    def killed(*_: object) -> bool:
        raise SystemExit  # what is left of a worker that is killed here

    with monkeypatch.context() as patched:
        patched.setattr(Chunks, "complete", killed)
        with pytest.raises(SystemExit):
            first.work(job_id, chunk)
    load.redis.delete("lookalike:worker:first")
    with capture_logs() as logs:
        load.worker().work(job_id, chunk)
    job = load.jobs.get(job_id)
    assert (job.status, job.indexed, job.unchanged) == ("done", 1, 0)
    assert [line["encode_seconds"] for line in logs if line["event"] == "chunk_completed"] == [0]


@pytest.fixture
def hostile_pool() -> Iterator[DecoderPool]:
    """Decoders that a file can bring down, each file with two seconds."""
    limits = DecoderLimits(100_000_000, 1 << 20, seconds=2)
    pool = DecoderPool(limits, 2, hostile.MODULE)
    yield pool
    pool.close()


def test_files_that_break_their_decoders_stand_alone(
    load: Load, drawn: Drawn, hostile_pool: DecoderPool
) -> None:
    contents = {
        "poison.jpg": hostile.POISON,
        "garbage.jpg": hostile.GARBAGE,
        "endless.jpg": endless_jpeg(),
        "empty.jpg": b"",
    }
    files = [drawn(1), *(load.root / name for name in contents), drawn(2)]
    for name, content in contents.items():
        (load.root / name).write_bytes(content)
    job_id, (chunk,) = load.job(files)
    decode_all = decode_in_pool(hostile_pool, load.threads, load.stopping)
    load.worker(decode_all).work(job_id, chunk)
    job = load.jobs.get(job_id)
    assert (job.status, job.indexed, job.failed) == ("done", 2, 4)
    assert {name: failure.code for name, failure in load.failures(job).items()} == {
        "poison.jpg": "decoder_crashed",
        "garbage.jpg": "decoder_crashed",
        "endless.jpg": "too_slow",
        "empty.jpg": "empty_file",
    }
    assert {failure.attempts for failure in load.failures(job).values()} == {1}


def test_a_suspect_is_not_decoded_on_the_gpu(load: Load, drawn: Drawn) -> None:
    job_id, (chunk,) = load.job([drawn(1)])
    load.lose(job_id, chunk)

    def must_not(_: Sequence[bytes]) -> list[Picture | PictureError]:
        raise AssertionError("a suspect was decoded in the worker itself")

    load.worker(must_not).work(job_id, chunk)
    assert load.jobs.get(job_id).indexed == 1


def test_decoders_that_cannot_start_cost_no_file(load: Load, drawn: Drawn) -> None:
    """The chunk is given back, and goes to a worker that can decode: no attempt is counted."""
    job_id, (chunk,) = load.job([drawn(1), drawn(2)])
    pool = DecoderPool(DecoderLimits(1_000_000, 1 << 20, seconds=2), 2, "tests.no_such_module")
    unable = load.worker(decode_in_pool(pool, load.threads, load.stopping))
    with capture_logs() as logs, pytest.raises(EncoderFailed):
        unable.work(job_id, chunk)
    pool.close()
    assert {"decoder_start_failed", "chunk_released"} <= {line["event"] for line in logs}
    assert load.jobs.get(job_id).done == 0
    with capture_logs() as logs:
        load.worker().work(job_id, chunk)
    job = load.jobs.get(job_id)
    assert (job.status, job.indexed, job.failed) == ("done", 2, 0)
    assert [line["attempt"] for line in logs if line["event"] == "chunk_completed"] == [1]


def test_a_stopping_worker_waits_for_no_slow_file(
    load: Load, drawn: Drawn, hostile_pool: DecoderPool
) -> None:
    path = load.root / "endless.jpg"
    path.write_bytes(endless_jpeg())
    job_id, (chunk,) = load.job([drawn(1), path])
    in_pool = decode_in_pool(hostile_pool, load.threads, load.stopping)

    def stopped(files: Sequence[bytes]) -> Sequence[Picture | PictureError]:
        load.stopping.set()
        return in_pool(files)

    with capture_logs() as logs:
        load.worker(stopped).work(job_id, chunk)
    assert [line["event"] for line in logs if line["event"] == "chunk_released"]
    assert load.jobs.get(job_id).done == 0


def test_a_chunk_that_loses_every_worker_is_given_up(load: Load, drawn: Drawn) -> None:
    load.settings = load.settings.model_copy(update={"chunk_attempts": 2})
    job_id, (chunk,) = load.job([drawn(1), drawn(2)])
    load.lose(job_id, chunk)
    load.lose(job_id, chunk)
    load.worker().work(job_id, chunk)
    job = load.jobs.get(job_id)
    assert (job.status, job.failed) == ("done", 2)
    assert {failure.code for failure in load.failures(job).values()} == {"worker_lost"}


def test_a_failed_device_leaves_the_chunk_claimed(load: Load, drawn: Drawn) -> None:
    class Lost:
        weights = load.encoder.weights

        def submit(self, *_: object) -> object:
            raise EncoderFailed("CUDA error: an illegal memory access was encountered")

    job_id, (chunk,) = load.job([drawn(1)])
    with pytest.raises(EncoderFailed):
        load.worker(name="lost", encoder=Lost()).work(job_id, chunk)  # type: ignore[arg-type]
    assert load.jobs.get(job_id).done == 0
    load.worker().work(job_id, chunk)  # "lost" still lives, so nobody else may have it
    assert load.jobs.get(job_id).done == 0
    load.redis.delete("lookalike:worker:lost")
    load.worker().work(job_id, chunk)
    assert load.jobs.get(job_id).indexed == 1


def test_an_error_of_ours_ends_the_chunk_and_is_said(load: Load, drawn: Drawn) -> None:
    def broken(_: Sequence[bytes]) -> list[Picture | PictureError]:
        raise ZeroDivisionError

    job_id, (chunk,) = load.job([drawn(1)])
    with capture_logs() as logs:
        load.worker(broken).work(job_id, chunk)
    job = load.jobs.get(job_id)
    assert (job.status, job.failed) == ("done", 1)
    assert load.failures(job)["1.jpg"].code == "internal_error"
    assert [line["log_level"] for line in logs if line["event"] == "chunk_failed"] == ["error"]


def interrupted(load: Load, what: Callable[[str], object], **spec: Any) -> tuple[str, str, Path]:
    """A chunk in whose middle, once its files are read, something happens to its job."""
    path = load.root / "1.jpg"
    draw(1).save(path)
    job_id, (chunk,) = load.job([path], **spec)

    def decode_all(files: Sequence[bytes]) -> list[Picture | PictureError]:
        what(job_id)
        return [decode(data, load.settings.max_pixels) for data in files]

    load.worker(decode_all).work(job_id, chunk)
    return job_id, chunk, path


def test_a_cancelled_jobs_chunk_is_not_written(load: Load) -> None:
    job_id, _, path = interrupted(load, lambda job: load.jobs.cancel(job))
    job = load.jobs.get(job_id)
    assert (job.status, job.done) == ("cancelled", 0)
    assert load.rows(path) == [None]
    assert not load.redis.exists(f"lookalike:job:{job_id}:leases")


def test_a_stopping_worker_gives_its_chunk_back(load: Load) -> None:
    job_id, chunk, path = interrupted(load, lambda _: load.stopping.set())
    assert load.jobs.get(job_id).done == 0
    load.stopping.clear()
    with capture_logs() as logs:
        load.worker().work(job_id, chunk)
    assert load.jobs.get(job_id).indexed == 1
    # It was given back, not lost: the attempt does not count.
    assert [line["attempt"] for line in logs if line["event"] == "chunk_completed"] == [1]
    assert load.row(path).width == 320


def test_a_dropped_collection_fails_the_job(load: Load) -> None:
    job_id, _, _ = interrupted(load, lambda _: load.collections.drop(load.collection))
    job = load.jobs.get(job_id)
    assert job.status == "failed"
    assert job.error is not None
    assert job.error.code == "collection_not_found"


def test_a_late_chunk_writes_nothing_to_a_collection_that_was_made_again(load: Load) -> None:
    """Between the chunk's look at the collection and its write, it is dropped and made again."""

    def replace(_: str) -> None:
        load.collections.drop(load.collection)
        load.make_collection()

    before = load.collections.identity(load.collection)
    job_id, _, path = interrupted(load, replace, generation=before.generation)
    assert load.collections.count(load.collection) == 0
    assert load.rows(path) == [None]
    job = load.jobs.get(job_id)
    assert (job.status, job.done) == ("failed", 0)
    assert job.error is not None
    assert job.error.code == "collection_replaced"


def test_a_chunk_of_a_replaced_collection_is_not_read(load: Load, drawn: Drawn) -> None:
    job_id, (chunk,) = load.job([drawn(1)], generation="g0")
    load.worker().work(job_id, chunk)
    job = load.jobs.get(job_id)
    assert job.error is not None
    assert (job.status, job.error.code) == ("failed", "collection_replaced")
