"""Ties become groups: mutual, guarded against chains, never of a dismissed pair."""

import itertools
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.duplicates import grouping
from indexer.duplicates.grouping import Bounds, Tie, cluster, mutual
from shared.domain.duplicates import Dismissal, Dismissals
from shared.domain.match import MatchCurve

CURVE = MatchCurve(rise=1.0, fall=1.0, offset=0.0)
COPY, SIMILAR = Bounds(0.9, 0.6), Bounds(0.5, 0.2)
NONE = Dismissals([])


def tied(directed: Iterable[tuple[str, str, float]]) -> list[Tie]:
    """The mutual ties of contents that are named, each by a score to another one."""
    rows = list(directed)
    names = sorted({name for one, other, _ in rows for name in (one, other)})
    ones = np.array([names.index(one) for one, _, _ in rows], dtype=np.int64)
    others = np.array([names.index(other) for _, other, _ in rows], dtype=np.int64)
    return mutual(ones, others, np.array([row[2] for row in rows]), names.__getitem__)


class Plane:
    """Contents as angles in degrees on a circle: the cosine of two is that of their difference."""

    def __init__(self, angles: Mapping[str, float]) -> None:
        self.vectors = {
            name: (float(np.cos(np.radians(angle))), float(np.sin(np.radians(angle))))
            for name, angle in angles.items()
        }
        self.reads: list[int] = []

    def read(self, contents: Sequence[str]) -> Mapping[str, Sequence[float]]:
        self.reads.append(len(contents))
        return {name: self.vectors[name] for name in contents if name in self.vectors}

    def ties(self, least: float = 0.5) -> list[Tie]:
        directed = [
            (one, other, float(np.dot(self.vectors[one], self.vectors[other])))
            for one, other in itertools.permutations(self.vectors, 2)
        ]
        return tied(tie for tie in directed if tie[2] >= least)

    def groups(self, *levels: Bounds, dismissals: Dismissals = NONE) -> list[list[set[str]]]:
        found = cluster(self.ties(), levels, dismissals, self.read)
        return [[set(made.contents) for made in level] for level in found]


def test_a_tie_counts_only_if_both_ends_have_it() -> None:
    directed = [("a", "b", 0.8), ("c", "a", 0.9), ("b", "a", 0.8), ("d", "d", 1.0)]
    assert tied(directed) == [Tie("a", "b", 0.8)]


def test_of_two_scores_of_a_tie_the_lower_counts() -> None:
    assert tied([("b", "a", 0.8), ("a", "b", 0.7), ("a", "b", 0.9)]) == [Tie("a", "b", 0.7)]
    assert tied([]) == []


def test_the_strongest_tie_comes_first_and_equals_by_their_ends() -> None:
    pairs = [("b", "c", 0.7), ("a", "d", 0.9), ("a", "c", 0.7)]
    both = [*pairs, *((other, one, score) for one, other, score in pairs)]
    assert tied(both) == [Tie("a", "d", 0.9), Tie("a", "c", 0.7), Tie("b", "c", 0.7)]


def test_a_chain_of_ties_is_no_group() -> None:
    # Neighbours are 20 degrees apart (.94), the ends 120: each tie is one of copies.
    chain = Plane({f"c{n}": 20.0 * n for n in range(7)})
    (groups,) = chain.groups(COPY)
    assert max(len(group) for group in groups) <= 3
    for group in groups:
        pairs = itertools.combinations(group, 2)
        assert all(np.dot(chain.vectors[a], chain.vectors[b]) >= COPY.pair for a, b in pairs)


def test_copies_of_one_picture_that_are_less_like_each_other_are_one_group() -> None:
    # 24 degrees to the original (.91), 48 between the two (.67): within the looser bound.
    (groups,) = Plane({"original": 0, "left": -24, "right": 24}).groups(COPY)
    assert groups == [{"original", "left", "right"}]


def test_a_looser_level_is_made_of_the_groups_of_the_stricter() -> None:
    plane = Plane({"a": 0, "b": 5, "x": 50, "y": 55, "far": 170})
    copies, similar = plane.groups(COPY, SIMILAR)
    assert copies == [{"a", "b"}, {"x", "y"}]
    assert similar == [{"a", "b", "x", "y"}]


def test_a_cluster_has_the_score_of_its_weakest_tie() -> None:
    plane = Plane({"a": 0, "b": 5, "c": 20})
    (made,) = cluster(plane.ties(), [COPY], NONE, plane.read)
    (found,) = made
    assert found.contents == ("a", "b", "c")
    assert found.score == pytest.approx(np.cos(np.radians(15)), abs=1e-6)


def test_a_dismissed_pair_is_never_in_one_group() -> None:
    dismissed = Dismissals([Dismissal("contents", frozenset({"a", "b"}))])
    angles = {"a": 0.0, "b": 1.0, "c": 4.0}
    (groups,) = Plane(angles).groups(COPY, dismissals=dismissed)
    assert groups == [{"b", "c"}]
    ids = Dismissals([Dismissal("images", frozenset({"a", "b"}))])
    (groups,) = Plane(angles).groups(COPY, dismissals=ids)
    assert groups == [{"a", "b", "c"}]


def test_a_content_that_is_gone_is_left_out() -> None:
    plane = Plane({"a": 0, "b": 1, "c": 2})
    ties = plane.ties()
    del plane.vectors["b"]
    (made,) = cluster(ties, [COPY], NONE, plane.read)
    assert [set(found.contents) for found in made] == [{"a", "c"}]


def test_a_huge_component_is_cut_at_its_weakest_ties(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "MAX_GROUP", 4)
    monkeypatch.setattr(grouping, "_READ", 6)
    plane = Plane({f"{n:02}": 0.01 * n + n // 3 for n in range(30)})
    (groups,) = plane.groups(COPY)
    assert max(len(group) for group in groups) <= 4
    assert {frozenset(group) for group in groups} == {
        frozenset(f"{3 * n + m:02}" for m in range(3)) for n in range(10)
    }
    assert max(plane.reads) <= 6


def test_the_looser_bound_has_a_ninth_of_the_odds() -> None:
    bounds = Bounds.of(0.9, CURVE)
    assert CURVE.match(bounds.tie) == pytest.approx(0.9, abs=1e-5)
    assert CURVE.match(bounds.pair) == pytest.approx(0.5, abs=1e-5)
    assert Bounds.of(1.0, CURVE).tie == Bounds.of(1.0, CURVE).pair


@given(
    st.lists(st.integers(0, 359), min_size=2, max_size=14),
    st.lists(st.sets(st.integers(0, 13), min_size=2, max_size=4), max_size=4),
)
def test_whatever_the_ties_no_group_breaks_a_rule(angles: list[int], sets: list[set[int]]) -> None:
    plane = Plane({f"{n:02}": angle for n, angle in enumerate(angles)})
    apart = [frozenset(f"{n:02}" for n in names) for names in sets]
    dismissals = Dismissals([Dismissal("contents", names) for names in apart])
    copies, similar = plane.groups(COPY, SIMILAR, dismissals=dismissals)
    for bounds, groups in ((COPY, copies), (SIMILAR, similar)):
        members = [name for group in groups for name in group]
        assert len(members) == len(set(members))
        for group in groups:
            assert len(group) > 1
            for one, other in itertools.combinations(sorted(group), 2):
                assert np.dot(plane.vectors[one], plane.vectors[other]) >= bounds.pair - 1e-6
                assert not any({one, other} <= names for names in apart)
            # Each has a tie to another of its group.
            for one in group:
                others = (np.dot(plane.vectors[one], plane.vectors[o]) for o in group - {one})
                assert max(others) >= bounds.tie - 1e-6
    for group in copies:
        assert any(group <= larger for larger in similar)
