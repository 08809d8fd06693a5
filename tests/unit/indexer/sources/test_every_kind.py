"""The contract that every kind of source passes: listed, compared, opened, and out of reach."""

from collections.abc import Callable
from contextlib import closing
from typing import cast

import pytest

from indexer.sources import Batch, FoundFile, Synced
from shared.errors import JobFailed, PictureError
from shared.settings import Settings
from shared.sources import FileStatus
from tests.drawn import JPEG
from tests.unit.indexer.sources.addresses import Addresses
from tests.unit.indexer.sources.archive_places import (
    gzipped,
    gzipped_in_zip,
    tarred,
    tars_in_tars,
    xzipped,
    zip_in_gzipped,
    zip_in_zip,
    zipped,
    zstandard,
)
from tests.unit.indexer.sources.places import Bucket, Folder, Place, Retry, Upload

NAMES = ("a.jpg", "b c/d#1.jpg", "b c/ä%!.png", "z!/y.jpg")

KINDS: tuple[Callable[[Settings], Place], ...] = (
    *(Folder, Upload, Retry, Addresses, Bucket),
    *(zipped, tarred, gzipped, xzipped, zstandard),
    *(zip_in_zip, tars_in_tars, zip_in_gzipped, gzipped_in_zip),
)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def place(request: pytest.FixtureRequest, base_settings: Settings) -> Place:
    made: Place = request.param(base_settings)
    return made


@pytest.fixture(params=[kind for kind in KINDS if kind not in (Upload, Retry, Addresses)])
def listed(request: pytest.FixtureRequest, base_settings: Settings) -> Place:
    made: Place = request.param(base_settings)
    return made


def content(name: str) -> bytes:
    return JPEG + name.encode()


def fill(place: Place) -> dict[str, str]:
    """Put all names there; returns them by their uris."""
    return {place.put(name, content(name)): name for name in NAMES}


def batches(place: Place, cursor: str = "") -> list[Batch]:
    with closing(place.listing().batches(cursor)) as found:
        return list(found)


def found(place: Place, cursor: str = "") -> dict[str, FoundFile]:
    return {file.uri: file for batch in batches(place, cursor) for file in batch.files}


def status(file: FoundFile) -> FileStatus:
    return FileStatus(file.size, file.mtime_ns)


def test_every_picture_is_listed_once_and_wanted(place: Place) -> None:
    uris = fill(place)
    files = [file for batch in batches(place) for file in batch.files]
    assert sorted(file.uri for file in files) == sorted(uris)
    assert all(place.listing().are_pictures(files))
    assert all(file.size == len(content(uris[file.uri])) for file in files)


def test_what_is_listed_is_what_is_looked_up_later(place: Place) -> None:
    fill(place)
    with place.files() as files:
        for uri, file in found(place).items():
            now = files.status(uri, "c")
            assert now.size == file.size
            assert files.is_unchanged(uri, status(file), now)
            with files.open(uri, "c").file:
                pass


def test_what_is_opened_can_be_read_from_anywhere(place: Place) -> None:
    with place.files() as files:
        for uri, name in fill(place).items():
            opened = files.open(uri, "c")
            data = content(name)
            with opened.file as file:
                assert opened.status.size == len(data)
                assert file.read() == data
                file.seek(3)
                assert file.read(5) == data[3:8]
                file.seek(0)
                assert file.read(len(data) + 1) == data


def test_another_content_is_a_change_whatever_its_size(listed: Place) -> None:
    fill(listed)
    before = found(listed)
    uri = listed.put("a.jpg", content("a.jpg").swapcase())
    after = found(listed)
    with listed.files() as files:
        assert not files.is_unchanged(uri, status(before[uri]), status(after[uri]))
        assert not files.is_unchanged(uri, status(before[uri]), files.status(uri, "c"))


def test_what_is_removed_is_missing(place: Place) -> None:
    uris = fill(place)
    (gone,) = (uri for uri, name in uris.items() if name == "b c/d#1.jpg")
    place.remove("b c/d#1.jpg")
    assert found(place).keys() == uris.keys() - {gone}
    with place.files() as files:
        for look in (files.status, files.open):
            with pytest.raises(PictureError) as failure:
                look(gone, "c")
            assert failure.value.code == "missing"


def test_a_place_that_is_gone_is_an_error_of_the_job(listed: Place) -> None:
    fill(listed)
    listed.take_away()
    with pytest.raises(JobFailed) as failure:
        batches(listed)
    assert failure.value.code in ("source_missing", "source_unreadable")


def test_nothing_can_be_opened_in_a_place_that_is_gone(place: Place) -> None:
    uris = fill(place)
    place.take_away()
    with place.files() as files:
        for uri in uris:
            with pytest.raises(PictureError):
                files.open(uri, "c")


def test_sync_forgets_what_is_missing_and_nothing_else(listed: Place) -> None:
    uris = fill(listed)
    listing = synced(listed)
    assert all(uri.startswith(listing.prefix) and listing.covers(uri) for uri in uris)
    assert not any(map(listing.is_missing, uris))
    before = listing.identities()
    (gone,) = (uri for uri, name in uris.items() if name == "a.jpg")
    listed.remove("a.jpg")
    looked = synced(listed)
    is_missing = looked.missing()
    assert [uri for uri in uris if is_missing(uri)] == [gone]
    assert [uri for uri in uris if looked.is_missing(uri)] == [gone]
    assert not looked.is_empty()
    assert before.keys() == looked.identities().keys()


def test_sync_knows_an_emptied_place(listed: Place) -> None:
    fill(listed)
    for name in NAMES:
        listed.remove(name)
    listing = synced(listed)
    listing.missing()
    if isinstance(listed, Folder):
        for folder in listed.root.iterdir():
            folder.rmdir()
    assert listing.is_empty()


def test_sync_forgets_nothing_of_a_place_that_is_gone(listed: Place) -> None:
    fill(listed)
    listed.take_away()
    with pytest.raises(JobFailed):
        synced(listed).missing()


def test_a_listing_goes_on_from_each_of_its_cursors(listed: Place) -> None:
    fill(listed)
    all_batches = batches(listed)
    for at, batch in enumerate(all_batches):
        if batch.cursor:
            before = {file.uri for earlier in all_batches[: at + 1] for file in earlier.files}
            assert found(listed, batch.cursor).keys() == found(listed).keys() - before


def synced(place: Place) -> Synced:
    listing = place.listing()
    assert hasattr(listing, "missing")
    return cast("Synced", listing)
