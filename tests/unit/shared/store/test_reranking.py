"""k-reciprocal re-ranking against the paper's algorithm in plain loops, and its edges."""

import math

import numpy as np
import pytest

from shared.store.reranking import (
    K1,
    K2,
    LAMBDA,
    Vectors,
    k_reciprocal_distances,
    k_reciprocal_order,
)


def plain_distances(query: Vectors, candidates: Vectors) -> list[float]:
    """The same by sets and loops, image by image."""
    images = [query, *candidates]
    everyone = range(len(images))
    squared = [[max(0.0, 2 - 2 * float(np.dot(a, b))) for b in images] for a in images]
    ranks = []
    for i, row in enumerate(squared):
        others = sorted((squared_distance, j) for j, squared_distance in enumerate(row) if j != i)
        ranks.append([i, *(j for _, j in others)])
    for i in everyone:
        squared[i][i] = 0.0
    scaled = [[d / (max(row) or 1.0) for d in row] for row in squared]

    def reciprocal(i: int, k: int) -> set[int]:
        return {j for j in ranks[i][: k + 1] if i in ranks[j][: k + 1]}

    encoded = []
    for i in everyone:
        members = reciprocal(i, K1)
        joined = set(members)
        for j in members:
            theirs = reciprocal(j, K1 // 2)
            if len(theirs & members) > 2 / 3 * len(theirs):
                joined |= theirs
        weights = {j: math.exp(-scaled[i][j]) for j in joined}
        total = sum(weights.values())
        encoded.append([weights.get(j, 0.0) / total for j in everyone])
    smooth = []
    for i in everyone:
        near = ranks[i][:K2]
        smooth.append([sum(encoded[j][g] for j in near) / len(near) for g in everyone])
    found = []
    for i in everyone[1:]:
        least = sum(min(a, b) for a, b in zip(smooth[0], smooth[i], strict=True))
        most = sum(max(a, b) for a, b in zip(smooth[0], smooth[i], strict=True))
        found.append((1 - LAMBDA) * (1 - least / most) + LAMBDA * scaled[0][i])
    return found


def unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def clusters(seed: int, count: int) -> Vectors:
    """Vectors about a few centres, of unit length; as unlike as pictures of some kinds are."""
    dice = np.random.default_rng(seed)
    centres = dice.normal(size=(5, 32))
    return unit(centres[dice.integers(5, size=count)] + dice.normal(scale=0.8, size=(count, 32)))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("count", [1, 2, 5, 6, 10, 20, 21, 60, 200])
def test_distances_are_those_of_the_paper(seed: int, count: int) -> None:
    query, candidates = np.split(clusters(seed, count + 1), [1])

    found = k_reciprocal_distances(query[0], candidates)

    expected = plain_distances(query[0], candidates)
    assert found.tolist() == pytest.approx(expected, abs=1e-9)
    assert 0 <= found.min() <= found.max() <= 1
    order = k_reciprocal_order(query[0], candidates)
    assert sorted(order) == list(range(count))
    assert [round(expected[place], 9) for place in order] == sorted(round(d, 9) for d in expected)


def test_equal_vectors_among_the_candidates() -> None:
    query, others = np.split(clusters(7, 16), [1])
    # More equal ones than neighbours are counted, three of them equal to the query.
    copies = np.repeat(others[:1], 2 * K1, axis=0)
    candidates = np.concatenate([np.repeat(query, 3, axis=0), copies, others[1:]])

    found = k_reciprocal_distances(query[0], candidates)

    assert np.isfinite(found).all()
    assert found[:3].tolist() == pytest.approx([found[0]] * 3)
    assert found[:3].max() < found[3:].min()
    assert k_reciprocal_order(query[0], candidates)[:3] == [0, 1, 2]


def test_candidates_that_are_all_equal_stay_as_they_were() -> None:
    query = clusters(1, 1)[0]
    for count in (1, 2, K1, 4 * K1):
        candidates = np.repeat(query[None], count, axis=0)
        assert k_reciprocal_order(query, candidates) == list(range(count))
        assert np.isfinite(k_reciprocal_distances(query, candidates)).all()


def test_one_hit_and_none() -> None:
    query, hit = clusters(2, 2)
    assert k_reciprocal_order(query, hit[None]) == [0]
    assert k_reciprocal_order(query, np.zeros((0, 32))) == []
    assert k_reciprocal_distances(query, np.zeros((0, 32))).shape == (0,)
    # As far apart as can be.
    assert k_reciprocal_order(query, -query[None]) == [0]


def test_the_nearest_hit_comes_last_where_it_has_nearer_ones_than_the_query() -> None:
    dice = np.random.default_rng(3)
    query = np.array([1.0, 0.0, 0.0])
    kind = unit(np.array([1.0, 0.5, 0.0]) + dice.normal(scale=0.01, size=(25, 3)))
    stranger = unit(np.array([[1.0, 0.0, 0.45]]))
    its_own_kind = unit(np.array([1.0, 0.0, 1.0]) + dice.normal(scale=0.01, size=(25, 3)))
    candidates = np.concatenate([stranger, kind, its_own_kind])
    assert np.argmax(candidates @ query) == 0

    order = k_reciprocal_order(query, candidates)

    assert set(order[:25]) == set(range(1, 26))
