"""What becomes of a group that a user decides, without a store."""

import threading

import pytest

from gateway.services import duplicate_pages, duplicates
from gateway.services.duplicate_pages import Found
from shared.domain.duplicates import Dismissal, content_key
from shared.errors import Conflict, NotFound
from tests.unit.gateway.services.groups import Shelf


def test_of_two_decisions_at_once_the_second_sees_what_the_first_forgot() -> None:
    shelf = Shelf("a", "b", "c")
    copies, similar = shelf.add("copy", 0, 1), shelf.add("similar", 0, 1, 2)
    refused: list[Exception] = []

    def keep_the_other() -> None:
        with pytest.raises(Conflict) as raised:
            shelf.service.resolve("c", similar.id, [shelf.ids[1]])
        refused.append(raised.value)

    second = threading.Thread(target=keep_the_other)

    def meanwhile() -> None:
        shelf.before_delete = lambda: None
        second.start()
        # Without a lock it would end here, and nothing would be left of the pair.
        second.join(0.2)

    shelf.before_delete = meanwhile
    assert shelf.service.resolve("c", copies.id, [shelf.ids[0]]) == (1, 0)
    second.join(20)
    assert [getattr(error, "code", "") for error in refused] == ["image_gone"]
    assert set(shelf.rows) == {shelf.ids[0], shelf.ids[2]}
    with pytest.raises(NotFound):
        shelf.service.resolve("c", copies.id, [shelf.ids[0]])


def test_an_image_that_gets_another_content_meanwhile_stays() -> None:
    shelf = Shelf("a", "b", "c")
    group = shelf.add("copy", 0, 1, 2)
    changed = shelf.ids[1]

    def meanwhile() -> None:
        shelf.rows[changed] = shelf.rows[changed].model_copy(update={"sha256": "d" * 64})

    shelf.before_delete = meanwhile
    assert shelf.service.resolve("c", group.id, [shelf.ids[0]]) == (1, 0)
    assert set(shelf.rows) == {shelf.ids[0], changed}


def test_two_of_one_content_that_are_kept_are_dismissed_in_every_grade() -> None:
    shelf = Shelf("a", "a", "b", "c")
    copies = shelf.add("copy", 0, 1, 2)
    equal, similar = shelf.add("identical", 0, 1), shelf.add("similar", 0, 1, 2, 3)
    kept = shelf.ids[:2]
    assert shelf.service.resolve("c", copies.id, kept) == (1, 0)
    assert shelf.dismissed == [Dismissal("images", frozenset(kept))]
    assert equal.id not in shelf.groups
    assert set(kept) - set(shelf.groups[similar.id].images) == {max(kept)}


def test_different_contents_that_are_kept_are_dismissed_by_content() -> None:
    shelf = Shelf("a", "b", "c")
    group = shelf.add("copy", 0, 1, 2)
    assert shelf.service.resolve("c", group.id, shelf.ids[:2]) == (1, 0)
    keys = frozenset(content_key(content * 64) for content in "ab")
    assert shelf.dismissed == [Dismissal("contents", keys)]


def test_a_page_of_large_groups_looks_at_some_images_of_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(duplicate_pages, "_LOOKED", 6)
    monkeypatch.setattr(duplicate_pages, "_LOOKED_OF_GROUP", 4)
    shelf = Shelf(*"aaaaaaa", *"bbb", *"cc")
    large, middle, small = (
        shelf.add("identical", *range(*ends)) for ends in ((0, 7), (7, 10), (10, 12))
    )
    pages: list[list[tuple[str, int, int]]] = []
    cursor = None
    while not pages or cursor is not None:
        page = shelf.service.page("c", Found(), cursor, 10)
        pages.append([(shown.group.id, shown.size, len(shown.rows)) for shown in page.groups])
        cursor = page.next_cursor
    assert pages == [[(large.id, 7, 4)], [(middle.id, 3, 3), (small.id, 2, 2)]]
    assert max(shelf.read) <= 6


def test_a_request_repairs_so_many_groups_and_leaves_out_what_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(duplicate_pages, "_REPAIR", 2)
    monkeypatch.setattr(duplicate_pages, "_ROUNDS", 2)
    shelf = Shelf(*"aabbccddee")
    pairs = [shelf.add("identical", n, n + 1) for n in range(0, 10, 2)]
    for image in shelf.ids[:8]:
        del shelf.rows[image]
    shown: list[str] = []
    cursor, rounds = None, 0
    while not rounds or cursor is not None:
        page = shelf.service.page("c", Found(), cursor, 1)
        shown += [each.group.id for each in page.groups]
        cursor, rounds = page.next_cursor, rounds + 1
        assert len(shelf.read) <= 4 * rounds
    assert shown == [pairs[4].id]


def test_a_large_group_is_resolved_in_several_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "MAX_AT_ONCE", 3)
    shelf = Shelf(*"aaaaaaa")
    group = shelf.add("identical", *range(7))
    kept = sorted(shelf.ids)[2:4]
    assert shelf.service.resolve("c", group.id, kept) == (3, 2)
    assert (len(shelf.groups[group.id].members), shelf.dismissed) == (4, [])
    assert shelf.service.resolve("c", group.id, kept) == (2, 0)
    assert set(shelf.rows) == set(kept)
    assert (shelf.groups, len(shelf.dismissed)) == ({}, 1)
    assert max(shelf.read) <= 5
