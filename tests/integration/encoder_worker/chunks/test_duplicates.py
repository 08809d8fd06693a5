"""Of equal files one is kept, where the load says so."""

import os

from tests.integration.encoder_worker.conftest import Drawn
from tests.integration.encoder_worker.load import Load


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
