"""What query expansion and re-ranking change of what a descriptor finds, and what they cost."""

import time
from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from encoder_worker.evaluation.measures import Vectors
from shared.store.query_expansion import expand
from shared.store.refined_search import RERANKED
from shared.store.reranking import k_reciprocal_order
from tests.benchmarks.report import Report
from tests.benchmarks.truth import Ranking, Truth, score

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
    costs: dict[str, list[_Cost]] = defaultdict(list)
    for query in photos[:_TIMED]:
        candidates = photos[np.argsort(-(photos @ query))[:RERANKED]]
        costs["a query expanded by 10 vectors"].append(_cost(expand, query, candidates[:10]))
        ranking = _cost(k_reciprocal_order, query, candidates)
        costs[f"{RERANKED} hits re-ranked"].append(ranking)
        reading = _cost(np.array, candidates.tolist())
        costs[f"{RERANKED} vectors made an array of"].append(reading)
    for what, found_costs in costs.items():
        report.add(what, [cost.wall for cost in found_costs], "ms")
        report.add(f"{what}, processor", [cost.processor for cost in found_costs], "ms")


class _Cost(NamedTuple):
    """Milliseconds by the clock, and of this thread alone."""

    wall: float
    processor: float


def _cost(work: Callable[..., object], *arguments: object) -> _Cost:
    wall, processor = time.perf_counter(), time.thread_time()
    work(*arguments)
    return _Cost(1e3 * (time.perf_counter() - wall), 1e3 * (time.thread_time() - processor))


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
