"""What becomes of a group that a user decides, without a store."""

import threading

import pytest

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
    assert shelf.service.resolve("c", copies.id, [shelf.ids[0]]) == 1
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
    assert shelf.service.resolve("c", group.id, [shelf.ids[0]]) == 1
    assert set(shelf.rows) == {shelf.ids[0], changed}


def test_two_of_one_content_that_are_kept_are_dismissed_in_every_grade() -> None:
    shelf = Shelf("a", "a", "b", "c")
    copies = shelf.add("copy", 0, 1, 2)
    equal, similar = shelf.add("identical", 0, 1), shelf.add("similar", 0, 1, 2, 3)
    kept = shelf.ids[:2]
    assert shelf.service.resolve("c", copies.id, kept) == 1
    assert shelf.dismissed == [Dismissal("images", frozenset(kept))]
    assert equal.id not in shelf.groups
    assert set(kept) - set(shelf.groups[similar.id].images) == {max(kept)}


def test_different_contents_that_are_kept_are_dismissed_by_content() -> None:
    shelf = Shelf("a", "b", "c")
    group = shelf.add("copy", 0, 1, 2)
    assert shelf.service.resolve("c", group.id, shelf.ids[:2]) == 1
    keys = frozenset(content_key(content * 64) for content in "ab")
    assert shelf.dismissed == [Dismissal("contents", keys)]
