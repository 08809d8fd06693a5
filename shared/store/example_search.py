"""Searches by several examples, and those that leave out further copies of a content."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from shared.domain.fingerprint import DIMENSION
from shared.domain.image import Hit, distance_of
from shared.domain.query import SearchParameters
from shared.errors import InvalidRequest, image_not_found
from shared.store.client import AsyncMilvusConnection
from shared.store.filters import filter_expression
from shared.store.gathering import Target
from shared.store.generations import partition_of
from shared.store.indexes import search_params
from shared.store.region_search import RegionSearch
from shared.store.rows import Row, to_row
from shared.store.schema import MAX_WINDOW, SCALARS, VECTOR

Vectors = npt.NDArray[np.float32]

#: As many candidates are looked at in the first round, for each example.
_FIRST_DEPTH = 128
#: So many searches have their candidates in memory at once.
_CANDIDATE_SLOTS = 2
#: A cosine in float32 is good to about 1e-7.
_DIGITS = 6


class Scored(NamedTuple):
    """A candidate's score, its content, and its cosine to the nearest example that hits are by."""

    score: float
    id: str
    sha256: str
    cosine: float


class ExampleSearch(RegionSearch):
    """As `RegionSearch`, by any number of vectors, and without further copies if that is wanted."""

    def __init__(self, milvus: AsyncMilvusConnection) -> None:
        super().__init__(milvus)
        self._candidate_slots = asyncio.Semaphore(_CANDIDATE_SLOTS)

    async def nearest(
        self,
        collection: str,
        vector: Sequence[float],
        parameters: SearchParameters,
        *,
        with_vectors: bool = False,
        **options: Any,
    ) -> list[Hit]:
        """As `RegionSearch.nearest`; of images with equal contents only the first, if `distinct`.

        Raises also what that does.
        """
        if not parameters.distinct:
            return await super().nearest(
                collection, vector, parameters, with_vectors=with_vectors, **options
            )
        wanted = parameters.offset + parameters.top_k
        # An excluded image takes one place.
        most = MAX_WINDOW - 1 if options.get("exclude") else MAX_WINDOW
        depth = min(wanted + 1, most)
        while True:
            deeper = parameters.model_copy(update={"offset": 0, "top_k": depth})
            hits = await super().nearest(collection, vector, deeper, **options)
            first = {hit.row.sha256: hit for hit in reversed(hits)}
            if len(first) >= wanted or len(hits) < depth or depth == most:
                kept = [hit for hit in hits if first[hit.row.sha256] is hit]
                page = kept[parameters.offset : wanted]
                where = options.get("home") or collection
                return await self._add_vectors(where, page) if with_vectors else page
            depth = min(4 * depth, most)

    async def best_score(
        self,
        collection: str,
        positive: Sequence[Sequence[float]],
        negative: Sequence[Sequence[float]],
        parameters: SearchParameters,
        *,
        generation: str = "",
        home: str = "",
    ) -> list[Hit]:
        """The hits by their best score against the examples, vectors of unit length.

        As Qdrant defines it: the cosine to the nearest positive example where that is nearer than
        every negative one, otherwise minus the square of the cosine to the nearest negative one
        (https://docs.rs/qdrant-client/latest/qdrant_client/qdrant/enum.RecommendStrategy.html).
        A hit's distance is that to its nearest positive example; without any, to a negative one.

        Candidates are the nearest images to each positive example, the farthest from the negative
        ones if there are no others: so many that no other image can have a better score, up to
        16,384 in all. Regions are not looked at. Raises InvalidRequest `window_too_large`,
        `invalid_text`.
        """
        wanted, count = parameters.offset + parameters.top_k, len(positive) or len(negative)
        most = MAX_WINDOW // count
        if wanted > most:
            raise InvalidRequest(
                "window_too_large",
                f"offset + top_k reaches beyond the {most} best hits, which is how far "
                f"{count} examples go with best_score. Ask for less, or by average.",
            )
        likes, dislikes = _matrix(positive), _matrix(negative)
        queries = likes if len(likes) else -dislikes
        depth = min(max(_FIRST_DEPTH, 2 * wanted), most)
        while True:
            # Their vectors are many megabytes.
            async with self._candidate_slots:
                found = await self._candidates(
                    collection, generation, home, queries, parameters, depth
                )
                ranked = await asyncio.to_thread(_ranked, found, likes, dislikes, parameters)
            whole = any(len(rows) < depth for rows in found)
            if whole or depth == most:
                break
            bound = _bound(found, likes, dislikes)
            if parameters.min_score is not None and bound < parameters.min_score:
                break
            if len(ranked) >= wanted and ranked[wanted - 1].score > bound:
                break
            depth = min(4 * depth, most)
        page = ranked[parameters.offset : wanted]
        rows = await self._by_id(home or collection, [scored.id for scored in page], SCALARS)
        return [
            Hit(to_row(rows[scored.id]), scored.score, distance_of(scored.cosine))
            for scored in page
            if scored.id in rows
        ]

    async def vectors_of(
        self, collection: str, images: Iterable[str], home: str = ""
    ) -> dict[str, list[float]]:
        """The vectors of stored images, by id; `home` as of `nearest`.

        Raises NotFound `image_not_found`.
        """
        ids = list(dict.fromkeys(images))
        found = await self.find_vectors(collection, ids, home)
        for image in ids:
            if image not in found:
                raise image_not_found(image)
        return found

    async def find_vectors(
        self, collection: str, images: Iterable[str], home: str = ""
    ) -> dict[str, list[float]]:
        """The vectors of those that exist of these images, by id; `home` as of `nearest`."""
        ids = list(dict.fromkeys(images))
        rows = await self._by_id(home or collection, ids, [VECTOR])
        return {id_: [float(x) for x in rows[id_][VECTOR]] for id_ in ids if id_ in rows}

    async def _add_vectors(self, collection: str, hits: Sequence[Hit]) -> list[Hit]:
        """Those of the hits that are still there, with their vectors."""
        vectors = await self.find_vectors(collection, [hit.row.id for hit in hits])
        return [hit._replace(vector=vectors[hit.row.id]) for hit in hits if hit.row.id in vectors]

    async def _candidates(
        self,
        collection: str,
        generation: str,
        home: str,
        queries: Vectors,
        parameters: SearchParameters,
        depth: int,
    ) -> list[list[Row]]:
        target = Target(
            home or collection,
            partition_of(generation) if generation else "",
            filter_expression(parameters.filter),
            ("sha256", VECTOR),
            tuple(search_params(depth, parameters.index_params).items()),
        )
        reply = await self._call(target, queries.tolist(), depth)
        if generation and not any(reply):
            await self._require(collection, generation, home)
        return [[dict(hit) for hit in rows] for rows in reply]

    async def _by_id(
        self, collection: str, ids: Sequence[str], fields: Sequence[str]
    ) -> dict[str, Row]:
        if not ids:
            return {}
        return {row["id"]: row for row in await self._query(collection, ids, fields)}


def _matrix(vectors: Sequence[Sequence[float]]) -> Vectors:
    return np.array(vectors, dtype=np.float32).reshape(len(vectors), DIMENSION)


def _ranked(
    found: Sequence[Sequence[Row]], likes: Vectors, dislikes: Vectors, parameters: SearchParameters
) -> list[Scored]:
    """All candidates once, by score downwards, then by id."""
    unique = {row["id"]: row["entity"] for rows in found for row in rows}
    if not unique:
        return []
    candidates = np.array([entity[VECTOR] for entity in unique.values()], dtype=np.float32)
    good, bad = _best(candidates, likes), _best(candidates, dislikes)
    scores = np.where(good > bad, good, -(bad**2))
    cosines = good if len(likes) else bad
    rows = zip(unique.items(), scores.tolist(), cosines.tolist(), strict=True)
    ranked = sorted(
        (
            Scored(round(score, _DIGITS), image, entity["sha256"], round(cosine, _DIGITS))
            for (image, entity), score, cosine in rows
        ),
        key=lambda scored: (-scored.score, scored.id),
    )
    if parameters.distinct:
        first = {scored.sha256: scored for scored in reversed(ranked)}
        ranked = [scored for scored in ranked if first[scored.sha256] is scored]
    least = -1.0 if parameters.min_score is None else parameters.min_score
    return [scored for scored in ranked if scored.score >= least]


def _best(candidates: Vectors, examples: Vectors) -> npt.NDArray[np.float64]:
    """The cosine of each candidate to its nearest example; below all others without any."""
    if not len(examples):
        return np.full(len(candidates), -np.inf)
    cosines = (candidates @ examples.T).max(axis=1).astype(np.float64)
    return np.asarray(np.clip(cosines, -1.0, 1.0))


def _bound(found: Sequence[Sequence[Row]], likes: Vectors, dislikes: Vectors) -> float:
    """The best score that an image beyond the candidates may have."""
    # The least cosine to each query among its candidates: to no query have others more.
    least = [float(rows[-1]["distance"]) for rows in found]
    if not len(likes):
        # The queries were negated: to one example others have the negative of that at least.
        return -(min(least) ** 2) if min(least) <= 0 else 0.0
    return max(*least, 0.0) if len(dislikes) else max(least)
