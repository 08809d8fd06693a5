"""From ties between contents to groups: connected components, guarded against chains.

Of A like B and B like C it does not follow that A is like C, and in a large collection a chain of
such ties leads from any picture to any other. So ties count only if they are mutual, each end among
the other's nearest, and two groups are joined only if all pairs across them match at a looser
bound: a group's diameter has a limit. Dismissed pairs are never in one group.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.domain.duplicates import Dismissals
from shared.domain.match import MatchCurve

Matrix = NDArray[np.float32]
Numbers = NDArray[np.int64]
Scores = NDArray[np.float32] | NDArray[np.float64]
#: Reads the vectors of contents, of unit length, by content; those that are gone are left out.
ReadVectors = Callable[[Sequence[str]], Mapping[str, Sequence[float]]]

#: Contents of one group at most; larger components are cut at their weakest ties before.
MAX_GROUP = 1024
#: Contents whose vectors are read together.
_READ = 2048
#: A looser bound has this share of the odds: of a match of .9 it is .5, of .5 it is .1.
_LOOSER_ODDS = 1 / 9
#: No cosine is as low: of a pair that is never joined.
_NEVER = -2.0


class Bounds(NamedTuple):
    """Least cosines: of a tie, and of any two members of a group."""

    tie: float
    pair: float

    @classmethod
    def of(cls, match: float, curve: MatchCurve) -> "Bounds":
        """Those of a least match, above 0 and below 1."""
        odds = match / (1 - match) * _LOOSER_ODDS if match < 1 else float("inf")
        looser = odds / (1 + odds) if match < 1 else 1.0
        return cls(curve.least_score(match), curve.least_score(looser))


class Tie(NamedTuple):
    """Two contents, the first before the second, and their cosine."""

    one: str
    other: str
    score: float


class Cluster(NamedTuple):
    """Contents that belong together; `score` is the weakest tie that joined them."""

    contents: tuple[str, ...]
    score: float


def mutual(ones: Numbers, others: Numbers, scores: Scores, name: Callable[[int], str]) -> list[Tie]:
    """The ties that both ends have, strongest first; of equals, in the order of their ends.

    Ties lead from contents to others, by numbers that are in the order of their names; all of shape
    (ties). Where the ends give a tie another score each, the lower one counts.
    """
    if not len(ones):
        return []
    low, high, upward = np.minimum(ones, others), np.maximum(ones, others), ones < others
    order = np.lexsort((high, low))
    low, high, upward, scores = low[order], high[order], upward[order], scores[order]
    differs = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    starts = np.concatenate([[0], np.flatnonzero(differs) + 1])
    # Of a content and itself none is upward.
    both = np.logical_or.reduceat(upward, starts) & ~np.logical_and.reduceat(upward, starts)
    weaker = np.minimum.reduceat(scores, starts)[both]
    low, high = low[starts[both]], high[starts[both]]
    order = np.lexsort((high, low, -weaker))
    names = {number: name(number) for number in np.unique([low, high]).tolist()}
    rows = zip(low[order].tolist(), high[order].tolist(), weaker[order].tolist(), strict=True)
    return [Tie(names[one], names[other], score) for one, other, score in rows]


def cluster(
    ties: Sequence[Tie],
    levels: Sequence[Bounds],
    dismissals: Dismissals,
    read_vectors: ReadVectors,
) -> list[list[Cluster]]:
    """The clusters of two contents or more at each level; levels are strictest first.

    `ties` are as `mutual` gives them. Those of a looser level are made of those of the stricter.
    """
    found: list[list[Cluster]] = [[] for _ in levels]
    ties = [tie for tie in ties if tie.score >= levels[-1].tie]
    components = _components(ties)
    for batch in _batched(components):
        vectors = read_vectors([content for members, _ in batch for content in members])
        for members, own in batch:
            known = [content for content in members if content in vectors]
            if len(known) < 2:
                continue
            matrix = np.array([vectors[content] for content in known], dtype=np.float32)
            made = _agglomerate(known, matrix, own, levels, dismissals)
            for level, clusters in zip(found, made, strict=True):
                level += clusters
    return found


#: Contents, and the ties among them, strongest first.
Component = tuple[list[str], list[Tie]]


def _components(ties: Sequence[Tie]) -> list[Component]:
    """The connected components, of `MAX_GROUP` contents at most: weaker ties are left out then."""
    parents: dict[str, str] = {}
    sizes: dict[str, int] = {}

    def root(content: str) -> str:
        while (parent := parents.setdefault(content, content)) != content:
            parents[content] = content = parents[parent]
        return content

    for tie in ties:
        one, other = root(tie.one), root(tie.other)
        size = sizes.get(one, 1) + sizes.get(other, 1)
        if one != other and size <= MAX_GROUP:
            parents[other], sizes[one] = one, size
    components: dict[str, Component] = {}
    for content in parents:
        components.setdefault(root(content), ([], []))[0].append(content)
    for tie in ties:
        if (own := root(tie.one)) == root(tie.other):
            components[own][1].append(tie)
    return [(sorted(members), own) for members, own in components.values() if len(members) > 1]


def _batched(components: Iterable[Component]) -> Iterator[list[Component]]:
    batch: list[Component] = []
    size = 0
    for component in components:
        if batch and size + len(component[0]) > _READ:
            yield batch
            batch, size = [], 0
        batch.append(component)
        size += len(component[0])
    if batch:
        yield batch


def _agglomerate(
    contents: Sequence[str],
    vectors: Matrix,
    ties: Sequence[Tie],
    levels: Sequence[Bounds],
    dismissals: Dismissals,
) -> Iterator[list[Cluster]]:
    """Complete linkage along ties. `vectors` are of shape (contents, dimension)."""
    lowest = vectors @ vectors.T
    _set_apart(contents, lowest, dismissals)
    places = {content: place for place, content in enumerate(contents)}
    of = np.arange(len(contents))
    weakest = np.full(len(contents), np.inf)
    for bounds in levels:
        for tie in ties:
            if tie.score < bounds.tie:
                break
            if tie.one not in places or tie.other not in places:
                continue
            one, other = of[places[tie.one]], of[places[tie.other]]
            if one == other or lowest[one, other] < bounds.pair:
                continue
            # Rows and columns of a cluster's first content are the cluster's.
            lowest[one] = np.minimum(lowest[one], lowest[other])
            lowest[:, one] = lowest[one]
            weakest[one] = min(weakest[one], weakest[other], tie.score)
            of[of == other] = one
        yield [
            Cluster(tuple(contents[place] for place in members.tolist()), float(weakest[number]))
            for number in np.unique(of)
            if len(members := np.flatnonzero(of == number)) > 1
        ]


def _set_apart(contents: Sequence[str], lowest: Matrix, dismissals: Dismissals) -> None:
    of_dismissal: dict[int, list[int]] = {}
    for place, content in enumerate(contents):
        for number in dismissals.numbers("contents", content):
            of_dismissal.setdefault(number, []).append(place)
    for places in of_dismissal.values():
        lowest[np.ix_(places, places)] = _NEVER
