"""Loads of one directory at the same time, whose indexers die, count each file once."""

import pytest

from shared.ledger import Scans
from shared.retry import ShuttingDown
from tests.integration.conftest import OpenLibrary
from tests.integration.library import Library

NAMES = tuple(f"{n}.png" for n in range(6))


@pytest.fixture
def library(open_library: OpenLibrary) -> Library:
    opened = open_library()
    for index, name in enumerate(NAMES):
        opened.write(name, index)
    return opened


def scanned_until_killed(library: Library, monkeypatch: pytest.MonkeyPatch) -> str:
    """A load whose files are all indexed, and whose indexer was killed before it could say so."""
    job, indexer = library.indexing.job(), library.indexing.indexer()

    def killed(*_: object) -> None:
        raise ShuttingDown

    with monkeypatch.context() as patched:
        patched.setattr(Scans, "finish", killed)
        with pytest.raises(ShuttingDown):
            indexer.scan(job)
    indexer.die()
    library.work(job)
    assert library.jobs.get(job).indexed == len(NAMES)
    return job


@pytest.mark.parametrize("on_duplicate", ["keep", "skip"])
def test_a_load_counts_once_what_another_one_has_written_anew(
    on_duplicate: str, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = scanned_until_killed(library, monkeypatch)
    # Some have another content, one has that of its neighbour.
    for index, name in enumerate(NAMES[:3]):
        library.write(name, 10 + index)
    library.write(NAMES[3], 4)
    second = library.load(on_duplicate=on_duplicate)
    assert (second.status, second.total, second.done) == ("done", 6, 6)
    finished = library.finish(first)
    assert (finished.status, finished.total, finished.indexed) == ("done", 6, 6)
    assert finished.unchanged == finished.failed == 0


def test_overlapping_loads_count_each_file_once(library: Library) -> None:
    """Both are scanned before any chunk is worked on, so both have all files in their chunks."""
    jobs = [library.scanned() for _ in range(3)]
    for job_id in jobs:
        library.work(job_id)
    for job in map(library.jobs.get, jobs):
        assert (job.status, job.total, job.done) == ("done", 6, 6)
    assert len(library.rows()) == 6
