"""Rankings by cosine, and what they are worth: the measures of image retrieval."""

import numpy as np
from numpy.typing import NDArray

#: Unit vectors, float32 (n, d).
Vectors = NDArray[np.float32]
#: Whether a row belongs to a query, (queries, rows): by rank, the best first.
Relevant = NDArray[np.bool_]


def by_cosine(queries: Vectors, rows: Vectors, own_left_out: bool) -> NDArray[np.int64]:
    """Of queries (n, d) and rows (m, d) each query's rows, best first, of equals the first.

    Row i is left out of those of query i if asked, and then (n, m - 1).
    """
    return ranking(queries, rows, np.arange(len(queries)) if own_left_out else None)


def ranking(queries: Vectors, rows: Vectors, own: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """As `by_cosine`, leaving out row `own[i]` (n) of query i."""
    scores = queries @ rows.T
    if own is not None:
        scores[np.arange(len(queries)), own] = -np.inf
    order: NDArray[np.int64] = np.argsort(-scores, axis=1, kind="stable")
    return order if own is None else order[:, :-1]


def average_precisions(relevant: Relevant) -> NDArray[np.float64]:
    """Of each query the mean of the precisions at its relevant ranks; NaN without any."""
    precisions = np.cumsum(relevant, axis=1) / np.arange(1, relevant.shape[1] + 1)
    totals = relevant.sum(axis=1)
    with np.errstate(invalid="ignore"):
        found: NDArray[np.float64] = (precisions * relevant).sum(axis=1) / totals
    return found


def mean_average_precision(relevant: Relevant) -> float:
    """The mean over the queries that have something relevant."""
    return float(np.nanmean(average_precisions(relevant)))


def precision_at(relevant: Relevant, depth: int) -> float:
    """The mean share of relevant ones among the first `depth`."""
    return float(relevant[:, :depth].mean())


def ukbench_score(relevant: Relevant) -> float:
    """How many of a query's four are among the first four, 0 to 4, itself found first.

    Nistér and Stewénius 2006. `relevant` is without the query itself.
    """
    return float(1 + relevant[:, :3].sum(axis=1).mean())
