"""Groups of duplicates and dismissals, without a store."""

import itertools
from collections.abc import Collection, Iterator

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.duplicates import (
    Dismissal,
    Dismissals,
    DuplicateGroup,
    Grade,
    Member,
    Named,
    all_apart,
    best_first,
    dismissal_of,
    dismissals_of_kept,
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


def test_what_is_kept_of_one_content_is_dismissed_by_id_as_well() -> None:
    kept = group("copy", "a:x", "b:x", "c:y").members
    assert dismissals_of_kept(kept) == [
        Dismissal("images", frozenset("ab")),
        Dismissal("contents", frozenset("xy")),
    ]
    assert dismissals_of_kept(kept[:2]) == [Dismissal("images", frozenset("ab"))]
    assert dismissals_of_kept(kept[1:]) == [Dismissal("contents", frozenset("xy"))]
    assert dismissals_of_kept(kept[:1]) == []


def test_a_dismissal_sets_apart_the_pairs_in_other_groups() -> None:
    apart = Dismissals([Dismissal("contents", frozenset("xy"))])
    assert set_apart(group("similar", "a:x", "b:x", "c:y", "d:z"), apart) == ["c"]
    assert set_apart(group("similar", "a:x", "c:y"), apart) == ["a", "c"]
    assert set_apart(group("similar", "a:x", "d:z"), apart) == []
    assert set_apart(group("identical", "a:x", "b:x"), apart) == []
    ids = Dismissals([Dismissal("images", frozenset("ab"))])
    assert set_apart(group("identical", "a:x", "b:x", "c:x"), ids) == ["b"]
    assert set_apart(group("copy", "a:x", "b:x", "c:y"), ids) == ["b"]
    assert set_apart(group("copy", "a:x", "b:y"), ids) == ["a", "b"]


def test_groups_are_set_apart_as_if_they_had_been_made_so() -> None:
    apart = Dismissals([Dismissal("images", frozenset("ab"))])
    groups = [group("identical", "a:x", "b:x"), group("copy", "a:x", "b:x", "c:y")]
    other = group("copy", "d:z", "e:w")
    assert all_apart([*groups, other], apart) == [group("copy", "a:x", "c:y"), other]


@given(st.lists(st.frozensets(st.sampled_from("abcdef"), min_size=2), max_size=5))
def test_a_split_never_leaves_a_dismissed_pair_together(sets: list[frozenset[str]]) -> None:
    dismissals = Dismissals(Dismissal("images", names) for names in sets)
    members = group("copy", *(f"{image}:x" for image in "abcdef")).members
    lists = dismissals.split(members)
    assert sorted(itertools.chain(*lists)) == list(members)
    fitted: list[set[str]] = []
    for part in lists:
        for one, other in itertools.combinations(part, 2):
            assert not any({one.image, other.image} <= names for names in sets)
        # First fit: each had a reason not to be in an earlier list.
        for member, earlier in itertools.product(part, fitted):
            assert any(member.image in names and names & earlier for names in sets)
        fitted.append({member.image for member in part})
    by_content = Dismissals(Dismissal("contents", names) for names in sets)
    assert by_content.split(members) == [list(members)]


def test_a_dismissed_group_is_split_in_as_many_steps_as_it_has_images() -> None:
    class Looked(list[int]):
        looks = 0

        def __iter__(self) -> Iterator[int]:
            Looked.looks += 1
            return super().__iter__()

    class Counted(Dismissals):
        def numbers(self, named: Named, key: str) -> Collection[int]:
            return Looked(super().numbers(named, key))

    ids = [f"{number:032x}" for number in range(400)]
    dismissals = Counted([Dismissal("images", frozenset(ids))])
    assert len(dismissals.split(Member(image, "x") for image in ids)) == 400
    assert Looked.looks <= 5 * 400


def test_the_best_has_most_pixels_then_most_bytes_then_age() -> None:
    rows = [
        make_row(1, width=10, height=10, bytes=9000),
        make_row(2, width=40, height=20, bytes=100, mtime_ns=7),
        make_row(3, width=20, height=40, bytes=200, mtime_ns=9),
        make_row(4, width=40, height=20, bytes=200, mtime_ns=8),
    ]
    assert best_first(rows) == [rows[3], rows[2], rows[1], rows[0]]
