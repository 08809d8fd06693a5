"""Files that are moved, swapped, rotated and copied: the collection follows the folder."""

import pytest

from shared.domain.facts import NO_FACTS, Facts, Place
from shared.settings import Settings
from tests.drawn import draw
from tests.encoders import encoded
from tests.exif_data import CAMERA, LAT, LENS, LON, TAKEN_AT, exif
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


@pytest.mark.parametrize("keep_gps", [True, False])
def test_facts_are_read_by_a_load_and_go_with_their_picture(
    open_library: OpenLibrary, settings: Settings, keep_gps: bool
) -> None:
    library = open_library(settings=settings.model_copy(update={"keep_gps": keep_gps}))
    for name in ("a.jpg", "copied.jpg"):
        (library.root / name).write_bytes(encoded(draw(1), "JPEG", exif=exif()))
    (library.root / "silent.jpg").write_bytes(encoded(draw(2), "JPEG"))
    gps = Place(lat=LAT, lon=LON) if keep_gps else None
    facts = Facts(taken_at=TAKEN_AT, camera=CAMERA, lens=LENS, gps=gps)

    library.load()
    library.rename("a.jpg", "moved.jpg")
    assert library.load(sync=True).moved == 1

    found = {name: row.facts for name, row in library.rows().items()}
    assert found == {"moved.jpg": facts, "copied.jpg": facts, "silent.jpg": NO_FACTS}


@pytest.mark.parametrize("mode", ["skip", "keep"])
def test_contents_that_rotate_among_their_names(library: Library, mode: str) -> None:
    library.rotate(NAMES)
    job = library.load(on_duplicate=mode)
    assert library.indexed_contents() == library.contents()
    assert counts(job) == Counts(unchanged=10, moved=10)
    assert library.tags() == {
        name: (f"of {old}",) for old, name in zip(NAMES, NAMES[1:] + NAMES[:1], strict=True)
    }
