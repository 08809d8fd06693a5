"""Groups of duplicates and dismissals, without a store."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.duplicates import (
    Dismissal,
    Dismissals,
    DuplicateGroup,
    Grade,
    Member,
    best_first,
    dismissal_of,
    set_apart,
)
from tests.integration.shared.store.samples import make_row


def group(grade: Grade, *members: str) -> DuplicateGroup:
    """A group whose members are named `image:content`."""
    return DuplicateGroup.of(grade, 0.9, [Member(*member.split(":")) for member in members])


def test_a_group_is_known_again_by_its_images() -> None:
    assert group("copy", "a:x", "b:y").id == group("copy", "b:y", "a:x").id
    assert group("copy", "a:x", "b:y").id != group("similar", "a:x", "b:y").id
    assert group("copy", "b:y", "a:x").images == ("a", "b")


def test_what_is_left_of_a_group_may_be_no_group() -> None:
    copies = group("copy", "a:x", "b:x", "c:y", "d:z")
    assert copies.without({"c"}) == ["c"]
    # Equal files alone are no copies.
    assert copies.without({"c", "d"}) == ["a", "b", "c", "d"]
    assert copies.without(set()) == []
    equal = group("identical", "a:x", "b:x", "c:x")
    assert equal.without({"a"}) == ["a"]
    assert equal.without({"a", "b"}) == ["a", "b", "c"]


def test_equal_files_are_dismissed_by_their_ids_and_others_by_their_contents() -> None:
    equal, copies = group("identical", "a:x", "b:x"), group("copy", "a:x", "b:x", "c:y")
    assert dismissal_of("identical", equal.members) == Dismissal("images", frozenset("ab"))
    assert dismissal_of("copy", copies.members) == Dismissal("contents", frozenset("xy"))


def test_a_dismissal_sets_apart_the_pairs_in_other_groups() -> None:
    apart = Dismissal("contents", frozenset("xy"))
    assert set_apart(group("similar", "a:x", "b:x", "c:y", "d:z"), apart) == ["c"]
    assert set_apart(group("similar", "a:x", "c:y"), apart) == ["a", "c"]
    assert set_apart(group("similar", "a:x", "d:z"), apart) == []
    assert set_apart(group("identical", "a:x", "b:x"), apart) == []
    ids = Dismissal("images", frozenset("ab"))
    assert set_apart(group("identical", "a:x", "b:x", "c:x"), ids) == ["b"]
    assert set_apart(group("copy", "a:x", "b:x", "c:y"), ids) == []


@given(st.lists(st.frozensets(st.sampled_from("abcdef"), min_size=2), max_size=5))
def test_a_split_never_leaves_a_dismissed_pair_together(sets: list[frozenset[str]]) -> None:
    dismissals = Dismissals(Dismissal("images", names) for names in sets)
    lists = dismissals.split("images", "abcdef")
    assert sorted(itertools.chain(*lists)) == list("abcdef")
    for members in lists:
        for pair in itertools.combinations(members, 2):
            assert not any(set(pair) <= names for names in sets)
    # By contents nothing was dismissed.
    assert dismissals.split("contents", "abcdef") == [list("abcdef")]


def test_the_best_has_most_pixels_then_most_bytes_then_age() -> None:
    rows = [
        make_row(1, width=10, height=10, bytes=9000),
        make_row(2, width=40, height=20, bytes=100, mtime_ns=7),
        make_row(3, width=20, height=40, bytes=200, mtime_ns=9),
        make_row(4, width=40, height=20, bytes=200, mtime_ns=8),
    ]
    assert best_first(rows) == [rows[3], rows[2], rows[1], rows[0]]
