"""Addresses become stored pictures, each fetched once, whatever was done before."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, cast

import pytest

from indexer.sources import Batch, FoundFile
from indexer.sources.address_book import AddressBook
from indexer.sources.fetching import Known, PictureKeeper, fetch_all
from shared.domain.image import image_id
from shared.errors import JobFailed
from shared.files.paths import upload_path
from shared.settings import Settings
from tests.drawn import JPEG
from tests.services import wait_until
from tests.unit.indexer.sources.pages import HOLIDAYS, NOTHING_KNOWN, Pages, nothing


@pytest.fixture
def web() -> Pages:
    pages = Pages()
    pages.pages = {address(n): JPEG + bytes([n]) for n in range(20)}
    return pages


def address(n: int) -> str:
    return f"https://pictures.example/{n}.jpg"


def uri(n: int) -> str:
    return f"upload://{hashlib.sha256(JPEG + bytes([n])).hexdigest()}.jpg"


def fetch(
    web: Pages,
    settings: Settings,
    addresses: Iterable[str],
    job: str = "first",
    known: Known = NOTHING_KNOWN,
) -> Batch:
    """All batches in one."""
    keeper = PictureKeeper(HOLIDAYS, job, settings, cast("Any", web))
    all_batches = Batch()
    for batch in fetch_all(addresses, keeper, known, at_once=4):
        all_batches.files += batch.files
        all_batches.failures += batch.failures
    return all_batches


def by_uri(batch: Batch) -> dict[str, FoundFile]:
    return {file.uri: file for file in batch.files}


def everything(ids: Sequence[str]) -> set[str]:
    return set(ids)


def test_pictures_are_stored_like_uploads(web: Pages, base_settings: Settings) -> None:
    found = by_uri(fetch(web, base_settings, web.pages))

    assert found.keys() == {uri(n) for n in range(20)}
    assert {file.source_url for file in found.values()} == web.pages.keys()
    for file in found.values():
        path = upload_path(file.uri, "c", base_settings)
        assert path.read_bytes() == web.pages[file.source_url or ""]
        assert file.size == len(path.read_bytes())
    folder = base_settings.uploads_dir / "c"
    assert not list(folder.glob(".incoming-*"))


def test_failures_are_named_by_their_addresses(web: Pages, base_settings: Settings) -> None:
    gone = "https://pictures.example/gone.jpg"
    batch = fetch(web, base_settings, [address(1), gone])

    assert [file.source_url for file in batch.files] == [address(1)]
    (failure,) = batch.failures
    assert (failure.uri, failure.source_url, failure.code) == (gone, gone, "http_404")
    assert not list((base_settings.uploads_dir / "c").glob(".incoming-*"))


def test_a_failure_shows_no_password(web: Pages, base_settings: Settings) -> None:
    (failure,) = fetch(web, base_settings, ["https://u:secret@pictures.example/a.jpg"]).failures

    assert failure.uri == failure.source_url == "https://***@pictures.example/a.jpg"
    assert "secret" not in failure.model_dump_json()


def test_an_address_that_fails_is_one_failure_wherever_it_stands_again(
    web: Pages, base_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.sources.fetching._PAGE", 2)
    gone, user = "https://pictures.example/gone.jpg", "https://{}:b@pictures.example/a.jpg"
    lines = [gone, address(1), address(2), gone, user.format("a"), user.format("b"), gone]
    failures = fetch(web, base_settings, lines).failures

    assert sorted(failure.uri for failure in failures) == [
        "https://***@pictures.example/a.jpg",
        gone,
    ]


def test_empty_lines_fragments_and_repetitions(web: Pages, base_settings: Settings) -> None:
    lines = ["", "  ", "# a comment", f" {address(1)}\n", f"{address(1)}#top", address(2)]
    batch = fetch(web, base_settings, lines)

    assert sorted(file.source_url or "" for file in batch.files) == [address(1), address(2)]
    assert web.asked == {address(1): 1, address(2): 1}


def test_a_picture_of_the_collection_is_not_fetched_again(
    web: Pages, base_settings: Settings
) -> None:
    fetch(web, base_settings, web.pages)
    known = Known(stored=everything, accounted=nothing)
    again = fetch(web, base_settings, web.pages, "second", known)

    assert by_uri(again).keys() == {uri(n) for n in range(20)}
    assert set(web.asked.values()) == {1}


def test_a_picture_that_is_not_in_the_collection_is_fetched_again(
    web: Pages, base_settings: Settings
) -> None:
    """It could not be decoded, or was forgotten; by now there may be another one."""
    fetch(web, base_settings, [address(1)])
    web.pages[address(1)] = JPEG + b"another"
    again = fetch(web, base_settings, [address(1)], "second")

    assert by_uri(again).keys() != {uri(1)}
    assert web.asked[address(1)] == 2


def test_a_job_does_not_fetch_again_what_it_has_fetched(
    web: Pages, base_settings: Settings
) -> None:
    """Its indexer was killed before the encoder had written a row."""
    fetch(web, base_settings, list(web.pages)[:12])
    again = fetch(web, base_settings, web.pages)

    assert len(by_uri(again)) == 20
    assert set(web.asked.values()) == {1}


def test_a_stored_file_that_is_gone_is_fetched_again(web: Pages, base_settings: Settings) -> None:
    fetch(web, base_settings, [address(1)])
    upload_path(uri(1), "c", base_settings).unlink()

    assert by_uri(fetch(web, base_settings, [address(1)])).keys() == {uri(1)}
    assert web.asked[address(1)] == 2


def test_an_address_that_has_failed_before_is_passed_over(
    web: Pages, base_settings: Settings
) -> None:
    """Else it would be counted once more, as it may succeed now."""
    failed = image_id(address(3))
    known = Known(stored=nothing, accounted=lambda ids: {failed} & set(ids))
    batch = fetch(web, base_settings, web.pages, known=known)

    assert by_uri(batch).keys() == {uri(n) for n in range(20) if n != 3}
    assert not batch.failures


def test_equal_pictures_have_one_uri(web: Pages, base_settings: Settings) -> None:
    web.pages = {address(n): JPEG for n in range(3)}
    batch = fetch(web, base_settings, web.pages)

    assert len(batch.files) == 3
    assert len(by_uri(batch)) == 1


def test_an_address_that_is_too_long_for_a_name(web: Pages, base_settings: Settings) -> None:
    (failure,) = fetch(web, base_settings, [address(1) + "a" * 5000]).failures

    assert len(failure.uri) == 1000


def test_pictures_that_cannot_be_stored_end_the_job(
    web: Pages, base_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("indexer.sources.fetching.store", full)

    with pytest.raises(JobFailed) as failed:
        fetch(web, base_settings, web.pages)
    assert failed.value.code == "storage_full"
    folder = base_settings.uploads_dir / "c"
    # The others that are under way end by themselves.
    wait_until(lambda: not list(folder.glob(".incoming-*")), 10, "no half file is left")


def test_the_book_knows_what_was_written_whole(base_settings: Settings) -> None:
    folder = base_settings.uploads_dir / "c"
    folder.mkdir(parents=True)
    book, name = AddressBook(folder), "a" * 64 + ".jpg"
    assert book.find(address(1)) is None
    book.note(address(1), name, "first")
    book.note(address(1), name, "second")
    assert book.find(address(1)) == (name, "second")
    (entry,) = (path for path in folder.rglob("*") if path.is_file())
    for torn in ("", name[:20], f"{name} sec", f"../../{name} second\n", "\udcff"):
        entry.write_bytes(torn.encode(errors="surrogateescape"))
        assert book.find(address(1)) is None
