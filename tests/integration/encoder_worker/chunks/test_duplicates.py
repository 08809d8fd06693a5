"""`on_duplicate: skip` indexes one of several equal files."""

import hashlib
import os
import threading
import uuid

import pytest
from structlog.testing import capture_logs

from encoder_worker.chunks import processor
from shared.domain.chunk import FileRef
from shared.files.paths import upload_path
from shared.files.uris import upload_uri
from shared.ledger import keys
from shared.store import ImageWriter
from tests.integration.encoder_worker.conftest import Drawn
from tests.integration.encoder_worker.load import Load
from tests.services import wait_until


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
    assert (job.unchanged, job.moved, job.duplicates) == (1, 1, 0)
    drawn(1, "copy.jpg")
    still = load.run(load.root / "copy.jpg", on_duplicate="skip", sync=True)
    assert (still.indexed, still.duplicates) == (0, 1)


def test_a_claim_does_not_outlive_its_row(load: Load, drawn: Drawn) -> None:
    """The row is deleted by a client, and another file brings the content back."""
    first = drawn(1)
    load.run(first, on_duplicate="skip")
    load.images.delete(load.collection, [load.row(first).id])
    first.unlink()
    again = drawn(1, "again.jpg")
    job = load.run(again, on_duplicate="skip")
    assert (job.indexed, job.duplicates) == (1, 0)


def lose_with_claims(load: Load, job_id: str, chunk: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a worker claim a chunk and its contents, and die before it writes."""

    def killed(*_: object) -> None:
        raise SystemExit

    name = uuid.uuid4().hex
    with monkeypatch.context() as patched:
        patched.setattr(ImageWriter, "write", killed)
        with pytest.raises(SystemExit):
            load.worker(name=name).work(job_id, chunk)
    load.redis.delete(keys.WORKER + name)


def test_a_content_is_not_a_duplicate_of_what_was_never_written(
    load: Load, drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its copy waits for the chunk that lost its worker, and is indexed when that one fails."""
    monkeypatch.setattr(processor, "_WAIT_SECONDS", 0.1)
    load.settings = load.settings.model_copy(update={"chunk_attempts": 2})
    one, other = drawn(1, "one.jpg"), drawn(1, "other.jpg")
    job_id, (first, second) = load.job([one], [other], on_duplicate="skip")
    for _ in range(2):
        lose_with_claims(load, job_id, first, monkeypatch)
    worker = load.worker()
    worker.work(job_id, second)
    assert load.jobs.get(job_id).done == 0
    worker.work(job_id, first)
    worker.work(job_id, second)
    job = load.jobs.get(job_id)
    assert (job.status, job.failed, job.indexed, job.duplicates) == ("done", 1, 1, 0)
    assert load.rows(one, other)[1] is not None


def test_a_waiting_chunk_goes_on_when_the_content_is_written(
    load: Load, drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = drawn(1, "one.jpg"), drawn(1, "other.jpg")
    job_id, (first, second) = load.job([one], [other, drawn(2)], on_duplicate="skip")
    lose_with_claims(load, job_id, first, monkeypatch)
    waiting = threading.Thread(target=load.worker().work, args=(job_id, second))
    waiting.start()
    # What it need not wait for is written first.
    wait_until(lambda: load.rows(load.root / "2.jpg") != [None], 20, "the other picture")
    load.worker().work(job_id, first)
    waiting.join(20)
    job = load.jobs.get(job_id)
    assert (job.status, job.indexed, job.duplicates) == ("done", 2, 1)


def test_two_chunks_that_wait_for_each_other(load: Load, drawn: Drawn) -> None:
    """Each has a content that the other has too, in the other order."""
    for name in "abcd":
        drawn("abcd".index(name) // 2, f"{name}.jpg")
    a, b, c, d = (load.root / f"{name}.jpg" for name in "abcd")
    job_id, chunks = load.job([a, c], [d, b], on_duplicate="skip")
    threads = [
        threading.Thread(target=load.worker().work, args=(job_id, chunk)) for chunk in chunks
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    job = load.jobs.get(job_id)
    assert (job.status, job.indexed, job.duplicates) == ("done", 2, 2)


def test_an_upload_is_not_taken_for_a_moved_file(load: Load, drawn: Drawn) -> None:
    """The row of the missing file stays; the upload has one of its own, with the same vector."""
    path = drawn(1)
    load.run(path)
    data, old = path.read_bytes(), load.ref(path)
    vector = load.vector(path)
    path.unlink()
    uri = upload_uri(hashlib.sha256(data).hexdigest(), "jpg")
    kept = upload_path(uri, load.collection, load.settings)
    kept.parent.mkdir(parents=True)
    kept.write_bytes(data)
    upload = FileRef(uri=uri, size=len(data), mtime_ns=1)
    job = load.run(upload, uploads=1, on_duplicate="skip")
    assert (job.indexed, job.moved) == (1, 0)
    assert load.rows(old)[0] is not None
    assert load.vector(upload) == vector


def test_a_copy_is_not_encoded_again(load: Load, drawn: Drawn) -> None:
    path = drawn(1)
    load.run(path, tags=("mine",))
    copy = drawn(1, "copy.jpg")
    with capture_logs() as logs:
        job = load.run(copy, tags=("new",))
    assert (job.indexed, job.moved) == (1, 0)
    assert [line["encode_seconds"] for line in logs if line["event"] == "chunk_completed"] == [0]
    row = load.row(copy)
    assert (row.tags, row.job, row.width) == (("new",), job.spec.id, 320)
    assert load.row(path).tags == ("mine",)
    assert load.vector(copy) == load.vector(path)


def test_a_moved_row_takes_the_tags_of_its_load(load: Load, drawn: Drawn) -> None:
    path = drawn(1)
    load.run(path, tags=("mine",), metadata={"x": 1})
    new = load.root / "new.jpg"
    path.rename(new)
    job = load.run(new, tags=("new",), metadata={"y": 2})
    assert (job.unchanged, job.moved) == (1, 1)
    row = load.row(new)
    assert (row.tags, row.metadata) == (("mine", "new"), {"x": 1, "y": 2})
