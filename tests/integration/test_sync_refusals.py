"""A sync that would forget too much, or that cannot see its source, forgets nothing."""

import hashlib
from pathlib import Path

import pytest

from shared.domain.image import ImageRow
from shared.domain.job import DirectorySource, Job
from shared.files.uris import file_uri
from shared.ledger import keys
from tests.folders import Counts
from tests.integration.conftest import OpenLibrary
from tests.integration.library import Library, counts
from tests.integration.shared.store.samples import make_row, make_vectors

COUNT = 45


@pytest.fixture
def library(open_library: OpenLibrary) -> Library:
    """A folder of 45 pictures that the collection has, with vectors made up for them."""
    opened = open_library()
    paths = [opened.write(f"{index}.png", index) for index in range(COUNT)]
    opened.writer.upsert(opened.collection, list(map(row_of, paths)), make_vectors(COUNT))
    assert counts(opened.load()) == Counts(unchanged=COUNT)
    return opened


def row_of(path: Path) -> ImageRow:
    """The row that an earlier load of a file left."""
    uri, status = file_uri(path), path.stat()
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    size, time = status.st_size, status.st_mtime_ns
    return make_row(0, uri=uri, sha256=sha256, bytes=size, mtime_ns=time, tags=())


def refused(library: Library, code: str, **spec: object) -> Job:
    """Sync, and see that the job fails with a code and that nothing is forgotten."""
    before = library.rows()
    job = library.load(sync=True, **spec)
    assert library.rows() == before
    assert job.status == "failed"
    assert job.error is not None
    assert job.error.code == code
    assert job.removed == 0
    return job


def forget(library: Library, count: int) -> None:
    for index in range(count):
        (library.root / f"{index}.png").unlink()


def test_an_emptied_folder_forgets_nothing(library: Library) -> None:
    forget(library, COUNT)
    refused(library, "source_empty")
    job = library.load(sync=True, allow_mass_removal=True)
    assert counts(job) == Counts(removed=COUNT)


def test_a_missing_folder_forgets_nothing(library: Library) -> None:
    library.root.rename(library.root.with_name("unmounted"))
    refused(library, "source_missing", allow_mass_removal=True)


def test_more_than_half_is_refused_with_the_numbers(library: Library) -> None:
    forget(library, 23)
    job = refused(library, "mass_removal")
    assert job.error is not None
    assert "23 of the 45" in job.error.detail
    allowed = library.load(sync=True, allow_mass_removal=True)
    assert counts(allowed) == Counts(unchanged=22, removed=23)


def record(library: Library, **filesystems: str) -> None:
    """Have the ledger say what the folders below the root were on at the last load."""
    folders = {file_uri(library.root / name): value for name, value in filesystems.items()}
    library.redis.hset(keys.filesystems(library.collection), mapping=folders)


def test_a_folder_on_another_file_system_forgets_nothing(library: Library) -> None:
    """Another disk is mounted there, or none: what lies there is not what was loaded."""
    record(library, **{"": "1 1"})
    assert counts(library.load(sync=True)) == Counts(unchanged=COUNT)
    record(library, **{"": "1 1"})
    forget(library, 1)
    refused(library, "source_replaced")
    allowed = library.load(sync=True, allow_mass_removal=True)
    assert counts(allowed) == Counts(unchanged=COUNT - 1, removed=1)
    forget_next = library.root / "1.png"
    forget_next.unlink()
    assert library.load(sync=True).removed == 1


def test_an_unmounted_disk_below_the_folder_forgets_nothing(library: Library) -> None:
    library.write("disk/a.png", 100)
    assert library.load().indexed == 1
    record(library, disk="1 1")
    (library.root / "disk/a.png").unlink()
    refused(library, "source_replaced")
    # A load that finds files in the folder itself knows that it is no mount point any more.
    library.write("disk/b.png", 101)
    assert library.load().indexed == 1
    assert library.load(sync=True).removed == 1


def test_a_file_out_of_reach_is_not_taken_for_moved(library: Library) -> None:
    """Its row stays, and the file that has its content gets a row of its own."""
    record(library, **{"": "1 1"})
    library.tag("0.png", "mine")
    library.rename("0.png", "copy.png")
    assert counts(library.load()) == Counts(indexed=1, unchanged=COUNT - 1)
    rows = library.rows()
    assert (rows["0.png"].tags, rows["copy.png"].tags) == (("mine",), ())


def test_files_that_were_moved_are_not_removed(library: Library) -> None:
    """A renamed folder is not a mass removal."""
    (library.root / "new").mkdir()
    for index in range(COUNT):
        library.rename(f"{index}.png", f"new/{index}.png")
    job = library.load(sync=True)
    assert counts(job) == Counts(unchanged=COUNT, moved=COUNT)


def test_few_images_are_removed_whatever_their_share(library: Library) -> None:
    library.write("few/a.png", 100)
    library.write("few/b.png", 101)
    library.load()
    (library.root / "few/a.png").unlink()
    (library.root / "few/b.png").rename(library.root / "few/c.txt")
    few = DirectorySource(path=str(library.root / "few"), pattern="*.png")
    assert counts(library.load(sync=True, source=few)).removed == 2
