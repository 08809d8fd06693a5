"""Chunks processed with a real ledger, collection, files and the untrained network."""

import os
import shutil
import threading
import time

import numpy as np
import pytest
from structlog.testing import capture_logs

from encoder_worker.decode.decoder import decode
from encoder_worker.encode.encoder import Encoder
from shared.domain.chunk import FileRef
from shared.files.paths import upload_path
from shared.files.uris import file_uri, upload_uri
from tests.encoders import cosine
from tests.integration.encoder_worker.conftest import Drawn
from tests.integration.encoder_worker.load import Load


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
    assert [line["encode_seconds"] for line in logs if line["event"] == "chunk_completed"] == [0]
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


def test_vectors_are_of_unit_length(load: Load, drawn: Drawn) -> None:
    path = drawn(3)
    load.run(path)
    assert np.linalg.norm(load.vector(path)) == pytest.approx(1, abs=1e-5)
