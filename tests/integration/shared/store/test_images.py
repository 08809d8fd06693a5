import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from shared.domain.facts import Facts
from shared.domain.image import ImageFilter, ImageRow
from shared.errors import InvalidRequest, NotFound
from shared.files.uris import file_uri
from shared.store.image_writer import ImageWriter
from shared.store.images import Images
from shared.store.time_pagination import Order, Position
from tests.integration.conftest import Fill
from tests.integration.shared.store.samples import make_row, make_vectors

HOSTILE = [
    '/photos/a"b.jpg',
    "/photos/a'b\\.jpg",
    "/photos/100%_.jpg",
    "/photos/ new\nline\t.jpg",
    "/photos/\udcff\udcfe.jpg",
    "/photos/漢字😀.jpg",
]


def test_a_row_comes_back_as_it_was_written(images: Images, empty: str, fill: Fill) -> None:
    labels = {"ä": ['"', {"x": None}], "n": 1.5}
    row = make_row(1, tags=('"quoted"', "ta\\g\n", "漢字"), metadata=labels)
    fill([row])
    assert images.get(empty, row.id) == row
    assert images.get_many(empty, [row.id, "0" * 32], strong=True) == {row.id: row}
    version = images.file_versions(empty, [row.id, "0" * 32], strong=True)
    assert version == {row.id: (row.bytes, row.mtime_ns, row.job)}


def test_what_is_not_there(images: Images, empty: str) -> None:
    with pytest.raises(NotFound) as refusal:
        images.get(empty, "0" * 32)
    assert refusal.value.code == "image_not_found"
    with pytest.raises(NotFound) as refusal:
        images.update(empty, "0" * 32, tags=["a"])
    assert refusal.value.code == "image_not_found"
    with pytest.raises(NotFound) as refusal:
        images.get("nothing_of_that_name", "0" * 32)
    assert refusal.value.code == "collection_not_found"
    assert images.delete(empty, ["0" * 32]) == 0
    assert images.page(empty, ImageFilter(), "id", None, 10) == ([], None)
    assert images.page(empty, ImageFilter(), "-added_at", None, 10) == ([], None)
    assert list(images.iterate(empty, ImageFilter())) == []


def test_labels_are_replaced_and_the_rest_stays(
    images: Images, writer: ImageWriter, empty: str, fill: Fill
) -> None:
    row = make_row(2)
    fill([row])
    updated = images.update(empty, row.id, tags=["x", "y"])
    assert updated == row.model_copy(update={"tags": ("x", "y")})
    updated = images.update(empty, row.id, metadata={"new": True})
    assert updated.tags == ("x", "y")
    assert images.get(empty, row.id) == updated
    assert updated.metadata == {"new": True}
    with pytest.raises(InvalidRequest):
        images.update(empty, row.id, tags=["x" * 300])


def test_hostile_uris_are_found_by_prefix(images: Images, empty: str, fill: Fill) -> None:
    rows = [make_row(n, uri=file_uri(path)) for n, path in enumerate(HOSTILE)]
    fill([*rows, make_row(9, uri="file:///photosets/x.jpg")])
    for path, row in zip(HOSTILE, rows, strict=True):
        found, _ = images.page(empty, ImageFilter(path_prefix=path), "id", None, 10)
        assert found == [row]
    found, _ = images.page(empty, ImageFilter(path_prefix="/photos/"), "id", None, 100)
    assert len(found) == len(HOSTILE)
    for sibling in ("file:///photo", "/photo", "/photosets/x.jp"):
        assert images.page(empty, ImageFilter(path_prefix=sibling), "id", None, 100) == ([], None)
    for whole in ("/photos", "file:///photos"):
        found, _ = images.page(empty, ImageFilter(path_prefix=whole), "id", None, 100)
        assert len(found) == len(HOSTILE)
    for everything in ("/", "file:///", "file://"):
        found, _ = images.page(empty, ImageFilter(path_prefix=everything), "id", None, 100)
        assert len(found) == len(HOSTILE) + 1


def test_a_tag_is_met_whole(images: Images, empty: str, fill: Fill) -> None:
    fill([make_row(0, tags=("cat", 'b"c')), make_row(1, tags=("cats",)), make_row(2, tags=())])
    found, _ = images.page(empty, ImageFilter(tag="cat"), "id", None, 10)
    assert [row.bytes for row in found] == [1000]
    assert images.page(empty, ImageFilter(tag='b"c'), "added_at", None, 10)[0] == found
    assert images.page(empty, ImageFilter(tag="ca"), "id", None, 10)[0] == []


def test_deleting_counts_what_there_was(images: Images, empty: str, fill: Fill) -> None:
    rows = [make_row(n) for n in range(6)]
    fill(rows)
    assert images.delete(empty, [rows[0].id, rows[0].id, "0" * 32]) == 1
    assert images.delete(empty, [rows[0].id]) == 0
    announced: list[ImageRow] = []
    deleted: list[ImageRow] = []

    def announce(batch: Sequence[ImageRow]) -> None:
        assert len(images.get_many(empty, [row.id for row in batch], strong=True)) == len(batch)
        announced.extend(batch)

    def note(batch: Sequence[ImageRow]) -> None:
        deleted.extend(batch)

    below = ImageFilter(path_prefix="/photos/1/")
    assert images.delete_matching(empty, below, announce, note) == 2
    assert announced == deleted
    assert {row.uri for row in deleted} == {"file:///photos/1/1.jpg", "file:///photos/1/4.jpg"}
    with pytest.raises(InvalidRequest) as refusal:
        images.delete_matching(empty, ImageFilter())
    assert refusal.value.code == "empty_filter"
    left = [row for batch in images.iterate(empty, ImageFilter()) for row in batch]
    assert {row.bytes for row in left} == {1002, 1003, 1005}
    only = next(row for row in left if row.bytes == 1002)
    assert images.list_uris(empty, ImageFilter(tag="even"), "") == [(only.id, only.uri)]
    assert images.list_uris(empty, ImageFilter(tag="even"), only.id) == []


@pytest.mark.parametrize("order", ["id", "added_at", "-added_at", "taken_at", "-taken_at"])
def test_pages_hold_every_image_once_in_order(
    images: Images, writer: ImageWriter, empty: str, order: Order
) -> None:
    # Bursts, gaps of years, and four hundred rows of one moment.
    times = [n // 3 for n in range(90)] + [10**9] * 400 + [5 * 10**15 + n * n for n in range(60)]
    rows = [
        # Every seventh was taken at no known time.
        make_row(n, added_at=time, facts=Facts(taken_at=None if n % 7 == 0 else time // 2 - 10**9))
        for n, time in enumerate(times)
    ]
    writer.upsert(empty, rows, make_vectors(len(rows)))
    keys: dict[Order, Callable[[ImageRow], Any]] = {
        "id": lambda row: row.id,
        "added_at": lambda row: (row.added_at, row.id),
        "-added_at": lambda row: (-row.added_at, row.id),
        "taken_at": lambda row: (*_taken(row, 1), row.id),
        "-taken_at": lambda row: (*_taken(row, -1), row.id),
    }
    for wanted, limit in ((ImageFilter(), 37), (ImageFilter(tag="even"), 100)):
        found: list[ImageRow] = []
        cursor = None
        while True:
            page, cursor = images.page(empty, wanted, order, cursor, limit)
            assert len(page) == limit or cursor is None
            found += page
            if cursor is None:
                break
        expected = [row for row in rows if wanted.empty or "even" in row.tags]
        assert found == sorted(expected, key=keys[order])


def _taken(row: ImageRow, sign: int) -> tuple[bool, int]:
    return row.facts.taken_at is None, sign * (row.facts.taken_at or 0)


def test_a_full_last_page_has_no_successor(images: Images, empty: str, fill: Fill) -> None:
    fill([make_row(n) for n in range(4)])
    for order in ("id", "added_at", "-added_at", "taken_at", "-taken_at"):
        page, cursor = images.page(empty, ImageFilter(), order, None, 2)
        assert cursor is not None
        page, cursor = images.page(empty, ImageFilter(), order, cursor, 2)
        assert (len(page), cursor) == (2, None)


def _cursor(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "%%%",
        "nonsense",
        "ä",
        _cursor({"id": 1}),
        _cursor(["id", "not-an-id", None]),
        _cursor(["id", 'x" or id != "', None]),
        _cursor(["id", "0" * 32, 5]),
        _cursor(["added_at", "0" * 32, 5]),
        _cursor(["id", ["0" * 32], None]),
        _cursor("[" * 400),
    ],
)
def test_a_cursor_that_no_list_gave_is_refused(images: Images, empty: str, cursor: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        images.page(empty, ImageFilter(), "id", cursor, 10)
    assert refusal.value.code == "invalid_cursor"


@pytest.mark.parametrize("time", [None, "5", 5.0, True, 2**63, -(2**64)])
def test_a_cursor_with_an_impossible_time_is_refused(time: object) -> None:
    with pytest.raises(InvalidRequest):
        Position.of(_cursor(["added_at", "0" * 32, time]), "added_at")
    if time is not None:
        with pytest.raises(InvalidRequest):
            Position.of(_cursor(["taken_at", "0" * 32, time]), "taken_at")


def test_a_cursor_says_where_the_page_ended() -> None:
    position = Position("0" * 32, 17)
    assert Position.of(position.cursor("-added_at"), "-added_at") == position
    for taken in (position, Position("0" * 32)):
        assert Position.of(taken.cursor("taken_at"), "taken_at") == taken
