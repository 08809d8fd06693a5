"""Retries: the failed files of an earlier job, with their current sizes and times."""

from shared.domain.chunk import FileRef
from shared.domain.job import RetrySource
from shared.files.uris import file_uri
from tests.integration.indexer.loads import Loads


def test_a_retry_takes_files_as_they_are_now(loads: Loads) -> None:
    mended, missing, same = loads.root / "a.jpg", loads.root / "b.jpg", loads.root / "c.jpg"
    loads.put("a.jpg", "c.jpg")
    status = same.stat()
    files = [
        FileRef(uri=file_uri(mended), size=1, mtime_ns=1),
        FileRef(uri=file_uri(missing), size=2, mtime_ns=2),
        FileRef(uri=file_uri(same), size=status.st_size, mtime_ns=status.st_mtime_ns),
    ]
    job = loads.load(source=RetrySource(job="before", files=3), files=files)
    assert (job.status, job.total) == ("done", 3)
    sent = {ref.uri: ref for claim in loads.claims for ref in claim.files}
    assert sent[files[0].uri].size == mended.stat().st_size
    assert sent[files[0].uri].mtime_ns == mended.stat().st_mtime_ns
    # What is missing still, the encoder finds out, and says.
    # No row lost its file, so that none of them can be a move.
    assert sent[files[1].uri] == files[1].model_copy(update={"not_moved": True})
    assert sent[files[2].uri] == files[2].model_copy(update={"not_moved": True})


def test_a_retry_passes_over_what_another_load_has_indexed_meanwhile(loads: Loads) -> None:
    (path,) = loads.put("a.jpg")
    assert loads.load().indexed == 1
    files = [FileRef(uri=file_uri(path), size=0, mtime_ns=0)]
    job = loads.load(source=RetrySource(job="before", files=1), files=files)
    assert (job.status, job.unchanged) == ("done", 1)


def test_a_directory_that_could_not_be_read_is_not_retried_as_a_file(loads: Loads) -> None:
    loads.put("sub/a.jpg")
    files = [FileRef(uri=file_uri(loads.root / "sub") + "/", size=0, mtime_ns=0)]
    job = loads.load(source=RetrySource(job="before", files=1), files=files)
    assert (job.status, job.total, job.failed) == ("done", 1, 1)
    (failure,), _ = loads.jobs.failures(job.spec.id, None, 10)
    assert failure.code == "unreadable"
    assert "Load it again" in failure.reason


def test_a_path_out_of_the_roots_is_left_to_the_encoder(loads: Loads) -> None:
    (loads.root / "out.jpg").symlink_to("/etc/hostname")
    files = [FileRef(uri=file_uri(loads.root / "out.jpg"), size=7, mtime_ns=7)]
    job = loads.load(source=RetrySource(job="before", files=1), files=files)
    assert job.total == 1
    assert loads.claims[0].files == (files[0].model_copy(update={"not_moved": True}),)
