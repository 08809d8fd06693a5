"""Chunks worked on for real: a ledger, a collection, files, and the untrained network."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from encoder_worker.decode import Picture, decode
from encoder_worker.decoding import decode_in_quarantine
from encoder_worker.encoder import Encoder, EncoderFailed
from encoder_worker.quarantine import Quarantine
from shared.errors import PictureError
from shared.ledger import Chunks
from shared.messages import FileRef
from shared.names import file_uri, upload_uri
from shared.sources import upload_path
from tests.drawn import draw
from tests.unit.encoder_worker.conftest import cosine
from tests.unit.encoder_worker.hostile_decoders import POISON, fragile_decode
from tests.unit.encoder_worker.load import Load

Drawn = Callable[..., Path]


def test_files_become_rows_with_vectors(load: Load, drawn: Drawn, encoder: Encoder) -> None:
    files = [drawn(1), drawn(2)]
    before = time.time_ns() // 1000
    job = load.run(*files, tags=("shoes", "red"), metadata={"season": 3})
    assert (job.status, job.indexed, job.done, job.total) == ("done", 2, 2, 2)
    assert job.bytes == sum(path.stat().st_size for path in files)
    row = load.row(files[0])
    assert row.uri == file_uri(files[0])
    assert (row.width, row.height, row.format) == (320, 240, "jpeg")
    assert (row.bytes, row.mtime_ns) == (files[0].stat().st_size, files[0].stat().st_mtime_ns)
    assert row.job == job.spec.id
    assert row.tags == ("shoes", "red")
    assert row.metadata == {"season": 3}
    assert before <= row.added_at <= time.time_ns() // 1000
    pixels = decode(files[0].read_bytes(), load.settings.max_pixels).pixels
    assert cosine(load.vector(files[0]), encoder.submit(pixels, "avg").result(60).vector) > 0.99999


def test_the_collections_pooling_is_used(load: Load, drawn: Drawn, encoder: Encoder) -> None:
    load.collections.drop(load.collection)
    load.make_collection(pooling="rmac")
    path = drawn(1)
    assert load.run(path).indexed == 1
    pixels = decode(path.read_bytes(), load.settings.max_pixels).pixels
    expected = encoder.submit(pixels, "rmac").result(60).vector
    assert cosine(load.vector(path), expected) > 0.99999


def test_bad_files_are_failures_and_the_rest_goes_on(load: Load, drawn: Drawn) -> None:
    root, good = load.root, drawn(1)
    secret = root.parent / "secret.jpg"
    shutil.copyfile(good, secret)
    (root / "link.jpg").symlink_to(secret)
    (root / "empty.jpg").touch()
    (root / "text.jpg").write_text("no picture")
    (root / "cut.jpg").write_bytes(good.read_bytes()[:2000])
    os.mkfifo(root / "pipe.jpg")
    names = ["link", "empty", "text", "cut", "pipe"]
    gone = FileRef(uri=file_uri(root / "gone.jpg"), size=9, mtime_ns=7)
    job = load.run(*(root / f"{name}.jpg" for name in names), gone, good)
    assert (job.status, job.indexed, job.failed, job.done, job.total) == ("done", 1, 6, 7, 7)
    failures = load.failures(job)
    assert {name.removesuffix(".jpg"): failure.code for name, failure in failures.items()} == {
        "link": "outside_roots",
        "empty": "empty_file",
        "text": "unsupported_format",
        "cut": "truncated",
        "pipe": "unreadable",
        "gone": "missing",
    }
    assert all(failure.reason.endswith(".") for failure in failures.values())
    assert (failures["gone.jpg"].size, failures["gone.jpg"].mtime_ns) == (9, 7)
    assert str(root.parent) not in failures["link.jpg"].reason


def test_a_file_over_the_limit_is_not_read(load: Load, drawn: Drawn) -> None:
    load.settings = load.settings.model_copy(update={"max_file_mb": 1})
    large = load.root / "large.png"
    with large.open("wb") as file:
        file.truncate((1 << 20) + 1)
    job = load.run(large, drawn(1))
    assert (job.indexed, job.failed) == (1, 1)
    assert load.failures(job)["large.png"].code == "too_large"


def test_an_upload_keeps_its_own_name(load: Load, drawn: Drawn) -> None:
    source = drawn(1)
    uri = upload_uri("0" * 64, "jpg")
    stored = upload_path(uri, load.collection, load.settings)
    stored.parent.mkdir(parents=True)
    shutil.copyfile(source, stored)
    ref = FileRef(uri=uri, size=1, mtime_ns=1, name="../../Ferien.jpg")
    job = load.run(ref, uploads=1, metadata={"by": "me"})
    assert job.indexed == 1
    assert load.row(ref).metadata == {"by": "me", "filename": "../../Ferien.jpg"}
    broken = FileRef(uri=upload_uri("1" * 64, "jpg"), size=1, mtime_ns=1, name="b.jpg")
    failed = load.run(broken, uploads=1)
    assert load.failures(failed)["1" * 64 + ".jpg"].name == "b.jpg"


def test_a_changed_file_keeps_what_it_was_given(load: Load, drawn: Drawn) -> None:
    path = drawn(1)
    load.run(path, tags=("a", "b"), metadata={"x": 1, "y": 1})
    first = load.row(path)
    load.images.update(load.collection, first.id, tags=["a", "mine"])
    drawn(2, "1.jpg")
    job = load.run(path, tags=("b", "c"), metadata={"y": 2})
    assert job.indexed == 1
    second = load.row(path)
    assert second.sha256 != first.sha256
    assert second.added_at == first.added_at
    assert second.tags == ("a", "mine", "b", "c")
    assert second.metadata == {"x": 1, "y": 2}
    assert second.job == job.spec.id


def test_a_touched_file_is_not_encoded_again(load: Load, drawn: Drawn) -> None:
    path = drawn(1)
    first_job = load.run(path, metadata={"x": 1})
    vector = load.vector(path)
    os.utime(path, ns=(1, 1_234_567_890))
    with capture_logs() as logs:
        job = load.run(path, tags=("new",))
    assert (job.unchanged, job.indexed, job.done) == (1, 0, 1)
    assert [line["encode_seconds"] for line in logs if line["event"] == "chunk_done"] == [0]
    row = load.row(path)
    assert row.mtime_ns == 1_234_567_890
    assert (row.tags, row.metadata, row.job) == (("new",), {"x": 1}, first_job.spec.id)
    assert load.vector(path) == vector


def test_a_delivered_chunk_is_done_once(load: Load, drawn: Drawn) -> None:
    job_id, (chunk,) = load.job([drawn(1)])
    worker = load.worker()
    for _ in range(3):
        worker.work(job_id, chunk)
    assert load.jobs.get(job_id).indexed == 1


def test_a_paused_jobs_chunk_is_left(load: Load, drawn: Drawn) -> None:
    path = drawn(1)
    job_id, (chunk,) = load.job([path])
    load.jobs.pause(job_id)
    load.worker().work(job_id, chunk)
    assert load.jobs.get(job_id).done == 0
    load.jobs.resume(job_id)
    load.worker().work(job_id, chunk)
    assert load.jobs.get(job_id).status == "done"


def test_many_chunks_at_once(load: Load, drawn: Drawn) -> None:
    files = [drawn(index) for index in range(8)]
    job_id, chunks = load.job(*([path] for path in files))
    worker = load.worker()
    threads = [threading.Thread(target=worker.work, args=(job_id, chunk)) for chunk in chunks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    job = load.jobs.get(job_id)
    assert (job.status, job.indexed) == ("done", 8)
    for index, path in enumerate(files):
        pixels = decode(path.read_bytes(), load.settings.max_pixels).pixels
        found = load.encoder.submit(pixels, "avg").result(60).vector
        assert cosine(load.vector(path), found) > 0.9999, index


# Workers lost, and files that lose them


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
    assert [line["encode_seconds"] for line in logs if line["event"] == "chunk_done"] == [0]


def test_a_poisonous_file_is_found_in_quarantine(load: Load, drawn: Drawn) -> None:
    files = [drawn(1), load.root / "poison.jpg", drawn(2)]
    files[1].write_bytes(POISON)
    job_id, (chunk,) = load.job(files)
    load.lose(job_id, chunk)
    quarantine = Quarantine(load.settings.max_pixels, fragile_decode)

    def must_not(_: Sequence[bytes]) -> list[Picture | PictureError]:
        raise AssertionError("a suspect was decoded in the worker itself")

    worker = load.worker(must_not, decode_in_quarantine(quarantine))
    worker.work(job_id, chunk)
    quarantine.close()
    job = load.jobs.get(job_id)
    assert (job.status, job.indexed, job.failed) == ("done", 2, 1)
    failure = load.failures(job)["poison.jpg"]
    assert (failure.code, failure.attempts) == ("decoder_crashed", 2)


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


# Jobs that end, and processes that do


def interrupted(load: Load, what: Callable[[str], object]) -> tuple[str, str, Path]:
    """A chunk in whose middle, once its files are read, something happens to its job."""
    path = load.root / "1.jpg"
    draw(1).save(path)
    job_id, (chunk,) = load.job([path])

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
    assert [line["attempt"] for line in logs if line["event"] == "chunk_done"] == [1]
    assert load.row(path).width == 320


def test_a_dropped_collection_fails_the_job(load: Load) -> None:
    job_id, _, _ = interrupted(load, lambda _: load.collections.drop(load.collection))
    job = load.jobs.get(job_id)
    assert job.status == "failed"
    assert job.error is not None
    assert job.error.code == "collection_not_found"


def test_vectors_of_two_encoders_are_not_mixed(load: Load, drawn: Drawn) -> None:
    load.collections.drop(load.collection)
    load.make_collection(weights="imagenet1k_features-88682ab5")
    job = load.run(drawn(1))
    assert job.status == "failed"
    assert job.error is not None
    assert job.error.code == "encoder_mismatch"
    assert "imagenet1k_features-88682ab5" in job.error.detail
    assert load.encoder.weights in job.error.detail
    assert load.collections.count(load.collection) == 0


# Duplicates


def test_content_that_is_there_is_a_duplicate(load: Load, drawn: Drawn) -> None:
    load.run(drawn(1))
    copy = drawn(1, "copy.jpg")
    job = load.run(copy, drawn(2), on_duplicate="skip")
    assert (job.indexed, job.duplicates, job.done) == (1, 1, 2)
    assert load.rows(copy) == [None]
    kept = load.run(copy)
    assert (kept.indexed, kept.duplicates) == (1, 0)


def test_of_equal_files_in_a_load_one_is_kept(load: Load, drawn: Drawn) -> None:
    """In one chunk and across chunks, before any of them can be seen in the collection."""
    files = [drawn(1, f"{name}.jpg") for name in "abcd"]
    job_id, chunks = load.job(files[:2], files[2:], on_duplicate="skip")
    worker = load.worker()
    for chunk in chunks:
        worker.work(job_id, chunk)
    job = load.jobs.get(job_id)
    assert (job.status, job.indexed, job.duplicates) == ("done", 1, 3)
    assert sum(row is not None for row in load.rows(*files)) == 1


def test_a_picture_is_not_its_own_duplicate(load: Load, drawn: Drawn) -> None:
    files = [drawn(1, "a.jpg"), drawn(1, "b.jpg")]
    load.run(*files)
    for path in files:
        os.utime(path, ns=(5, 5))
    job = load.run(*files, on_duplicate="skip")
    assert (job.unchanged, job.duplicates) == (2, 0)


def test_a_file_that_becomes_a_duplicate_loses_its_row(load: Load, drawn: Drawn) -> None:
    first, second = drawn(1), drawn(2)
    load.run(first, second)
    drawn(1, "2.jpg")
    job = load.run(second, on_duplicate="skip")
    assert (job.duplicates, job.indexed) == (1, 0)
    rows = load.rows(first, second)
    assert rows[0] is not None
    assert rows[1] is None


def test_an_undecodable_file_takes_no_claim(load: Load, drawn: Drawn) -> None:
    cut = drawn(1).read_bytes()[:2000]
    files = [load.root / name for name in ("x.jpg", "y.jpg")]
    for path in files:
        path.write_bytes(cut)
    job = load.run(*files, on_duplicate="skip")
    assert (job.failed, job.duplicates) == (2, 0)


def test_a_moved_file_survives_a_sync_that_skips(load: Load, drawn: Drawn) -> None:
    old = drawn(1)
    load.run(old)
    new = load.root / "moved.jpg"
    old.rename(new)
    job = load.run(new, on_duplicate="skip", sync=True)
    assert (job.indexed, job.duplicates) == (1, 0)
    drawn(1, "copy.jpg")
    still = load.run(load.root / "copy.jpg", on_duplicate="skip", sync=True)
    assert (still.indexed, still.duplicates) == (0, 1)


def test_vectors_are_of_unit_length(load: Load, drawn: Drawn) -> None:
    path = drawn(3)
    load.run(path)
    assert np.linalg.norm(load.vector(path)) == pytest.approx(1, abs=1e-5)
