"""Files that are moved, swapped, rotated and copied: the collection follows the folder."""

import pytest

from tests.folders import Counts
from tests.integration.conftest import OpenLibrary
from tests.integration.library import Library, counts

NAMES = [f"{n}.png" for n in range(10)]


@pytest.fixture(params=[1, 2], ids=["one encoder", "two encoders"])
def library(request: pytest.FixtureRequest, open_library: OpenLibrary) -> Library:
    """A folder of ten pictures, loaded, each with a tag of its own."""
    opened = open_library(request.param)
    for index, name in enumerate(NAMES):
        opened.write(name, index)
    assert counts(opened.load(on_duplicate="skip")) == Counts(indexed=10)
    for name in NAMES:
        opened.tag(name, f"of {name}")
    return opened


@pytest.mark.parametrize("mode", ["skip", "keep"])
@pytest.mark.parametrize("sync", [True, False], ids=["sync", "no sync"])
def test_renamed_files_keep_their_rows(library: Library, mode: str, sync: bool) -> None:
    before = library.rows()
    for name in NAMES:
        library.rename(name, f"moved {name}")
    job = library.load(on_duplicate=mode, sync=sync)
    assert library.indexed_contents() == library.contents()
    assert counts(job) == Counts(unchanged=10, moved=10)
    for name, row in library.rows().items():
        old = before[name.removeprefix("moved ")]
        assert (row.tags, row.added_at) == (old.tags, old.added_at)
    assert counts(library.load(on_duplicate=mode, sync=sync)) == Counts(unchanged=10)


@pytest.mark.parametrize("mode", ["skip", "keep"])
def test_contents_that_rotate_among_their_names(library: Library, mode: str) -> None:
    library.rotate(NAMES)
    job = library.load(on_duplicate=mode)
    assert library.indexed_contents() == library.contents()
    assert counts(job) == Counts(unchanged=10, moved=10)
    assert library.tags() == {
        name: (f"of {old}",) for old, name in zip(NAMES, NAMES[1:] + NAMES[:1], strict=True)
    }
