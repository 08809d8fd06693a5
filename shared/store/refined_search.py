"""Searches whose query is expanded, or whose first hits are put into another order, if wanted."""

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np

from shared.domain.image import Hit
from shared.domain.query import SearchParameters
from shared.store.example_search import ExampleSearch
from shared.store.query_expansion import Vectors, expand
from shared.store.reranking import k_reciprocal_order

#: So many of the first hits are re-ranked, which takes milliseconds.
RERANKED = 200


class RefinedSearch(ExampleSearch):
    """As `ExampleSearch`; `expand` and `rerank` of the parameters count in `nearest`."""

    async def nearest(
        self,
        collection: str,
        vector: Sequence[float],
        parameters: SearchParameters,
        **options: Any,
    ) -> list[Hit]:
        """As `ExampleSearch.nearest`, by the expanded query, and re-ranked.

        Neighbours are hits as the parameters want them: filtered, not below `min_score`, of equal
        contents one if `distinct`. A hit's score is its cosine to the expanded query; its order,
        among the first 200, is that of re-ranking. Raises also what that does.
        """
        query = vector
        if parameters.expand:
            first = {"offset": 0, "top_k": parameters.expand}
            neighbours = await super().nearest(
                collection, query, parameters.model_copy(update=first), with_vectors=True, **options
            )
            if neighbours:
                query = expand(_unit([query])[0], _vectors(neighbours)).tolist()
        if parameters.rerank == "none" or parameters.offset >= RERANKED:
            return await super().nearest(collection, query, parameters, **options)
        wanted = parameters.offset + parameters.top_k
        # The least score is asked for afterwards: the order does not depend on it.
        all_ranked = {"offset": 0, "top_k": max(wanted, RERANKED), "min_score": None}
        hits = await super().nearest(
            collection,
            query,
            parameters.model_copy(update=all_ranked),
            with_vectors=True,
            **options,
        )
        order = await asyncio.to_thread(_order, query, hits[:RERANKED])
        ordered = [*(hits[place] for place in order), *hits[RERANKED:]]
        least = -1.0 if parameters.min_score is None else parameters.min_score
        return [hit for hit in ordered if hit.score >= least][parameters.offset : wanted]


def _order(query: Sequence[float], hits: Sequence[Hit]) -> list[int]:
    return k_reciprocal_order(_unit([query])[0], _vectors(hits)) if hits else []


def _vectors(hits: Sequence[Hit]) -> Vectors:
    return _unit([hit.vector for hit in hits if hit.vector is not None])


def _unit(vectors: Sequence[Sequence[float]]) -> Vectors:
    given = np.array(vectors, dtype=np.float64)
    return np.asarray(given / np.linalg.norm(given, axis=1, keepdims=True))
