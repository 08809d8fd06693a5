"""k-reciprocal re-ranking: hits that are among each other's nearest come first.

Zhong, Zheng, Cao and Li, Re-ranking Person Re-identification with k-reciprocal Encoding, CVPR 2017,
whose parameters these are.
"""

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float64]
Members = npt.NDArray[np.bool_]

#: Neighbours of which k-reciprocal ones are taken, neighbours that are averaged over, and the share
#: of the original distance in the final one.
K1, K2, LAMBDA = 20, 6, 0.3
#: Distances of equal vectors differ by about 1e-14 from place to place; rounded, they are equal.
_DIGITS = 9


def k_reciprocal_order(query: Vectors, candidates: Vectors) -> list[int]:
    """The places of candidates, nearest to the query first; those of equal distance as they were.

    `query` is (d,) and `candidates` (n, d), all of unit length. Time and memory grow by n².
    """
    distances = k_reciprocal_distances(query, candidates)
    return [int(place) for place in np.argsort(distances.round(_DIGITS), kind="stable")]


def k_reciprocal_distances(query: Vectors, candidates: Vectors) -> Vectors:
    """The final distance of each candidate to the query, (n,) floats of 0 to 1.

    It is the Jaccard distance of their k-reciprocal encodings, and a share of their squared
    Euclidean distance over the query's farthest. Neighbours are
    looked for among the query and the candidates alone.
    """
    if not len(candidates):
        return np.zeros(0)
    vectors = np.concatenate([query[None], candidates])
    distances = np.maximum(2.0 - 2.0 * (vectors @ vectors.T), 0.0).round(_DIGITS)
    # Each is its own nearest, also beside its equals.
    np.fill_diagonal(distances, -1.0)
    ranks = np.argsort(distances, axis=1, kind="stable")
    np.fill_diagonal(distances, 0.0)
    farthest = distances.max(axis=1, keepdims=True)
    distances /= np.where(farthest > 0, farthest, 1.0)

    encoded = np.where(_expanded_reciprocal(ranks), np.exp(-distances), 0.0)
    encoded /= encoded.sum(axis=1, keepdims=True)
    encoded = encoded[ranks[:, :K2]].mean(axis=1)
    # Each row sums to 1, so the union of two is 2 less their intersection.
    shared = np.minimum(encoded[0], encoded[1:]).sum(axis=1)
    jaccard = 1.0 - shared / (2.0 - shared)
    return np.asarray((1.0 - LAMBDA) * jaccard + LAMBDA * distances[0, 1:])


def _expanded_reciprocal(ranks: npt.NDArray[np.intp]) -> Members:
    """Whether j is in the expanded k-reciprocal set of i (R*), (n, n)."""
    whole = _reciprocal(ranks, K1).astype(np.float32)
    half = _reciprocal(ranks, round(K1 / 2)).astype(np.float32)
    # How much of the half set of each candidate (column) lies in the whole set of each i (row).
    overlap = whole @ half.T
    joins = (whole > 0) & (overlap > 2.0 / 3.0 * half.sum(axis=1))
    return np.asarray((whole > 0) | (joins.astype(np.float32) @ half > 0))


def _reciprocal(ranks: npt.NDArray[np.intp], k: int) -> Members:
    """Whether i and j are among each other's k nearest besides themselves, (n, n)."""
    near = np.zeros(ranks.shape, dtype=np.bool_)
    np.put_along_axis(near, ranks[:, : k + 1], True, axis=1)
    return near & near.T
