"""What query expansion and re-ranking change of what a descriptor finds, and what they cost."""

import numpy as np
from numpy.typing import NDArray

from shared.store.query_expansion import expand
from shared.store.refined_search import RERANKED
from shared.store.reranking import k_reciprocal_order
from tests.benchmarks.report import Report, timed
from tests.benchmarks.truth import Ranking, Truth, Vectors, score

#: Neighbours, and whether hits are re-ranked.
_CHOICES = ((1, False), (3, False), (10, False), (0, True), (3, True))
_TIMED = 200


def add(report: Report, name: str, truth: Truth, vectors: Vectors) -> None:
    """The measures of each choice, and milliseconds of one query without the search."""
    for neighbours, rerank in _CHOICES:
        chosen = [f"expand {neighbours}"] * bool(neighbours) + ["k-reciprocal"] * rerank
        found = score(truth, vectors, rank=_ranking(neighbours, rerank=rerank))
        for measure_name, value in found.items():
            report.add(f"{name}, {', '.join(chosen)}: {measure_name}", [value], "share")
    photos = truth.parts(vectors)[0].astype(np.float64)
    expanding, ranking, reading = [], [], []
    for query in photos[:_TIMED]:
        candidates = photos[np.argsort(-(photos @ query))[:RERANKED]]
        listed = candidates.tolist()
        expanding.append(1e3 * timed(lambda q=query, c=candidates: expand(q, c[:10])))
        ranking.append(1e3 * timed(lambda q=query, c=candidates: k_reciprocal_order(q, c)))
        reading.append(1e3 * timed(lambda rows=listed: np.array(rows, dtype=np.float64)))
    report.add("a query expanded by 10 vectors", expanding, "ms")
    report.add(f"{RERANKED} hits re-ranked", ranking, "ms")
    report.add(f"{RERANKED} vectors made an array of", reading, "ms")


def _ranking(neighbours: int, *, rerank: bool) -> Ranking:
    def rank(queries: Vectors, rows: Vectors, own_left_out: bool) -> NDArray[np.int64]:
        given = rows.astype(np.float64)

        def order_of(place: int) -> NDArray[np.int64]:
            query = queries[place].astype(np.float64)
            order = _nearest(given, query, place if own_left_out else None)
            if neighbours:
                query = expand(query, given[order[:neighbours]])
                order = _nearest(given, query, place if own_left_out else None)
            if rerank:
                first = order[:RERANKED]
                order[:RERANKED] = first[k_reciprocal_order(query, given[first])]
            return order

        return np.stack([order_of(place) for place in range(len(queries))])

    return rank


def _nearest(
    rows: NDArray[np.float64], query: NDArray[np.float64], left_out: int | None
) -> NDArray[np.int64]:
    order: NDArray[np.int64] = np.argsort(-(rows @ query), kind="stable")
    return order if left_out is None else order[order != left_out]
