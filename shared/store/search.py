"""The nearest images to a vector, found without blocking the event loop."""

import math
import time
from collections.abc import Sequence
from typing import Any, TypeVar

from pymilvus import AsyncMilvusClient

from shared import tracing
from shared.domain.collection import CollectionIdentity
from shared.domain.fingerprint import DIMENSION
from shared.domain.image import Hit, distance_of
from shared.domain.query import SearchParameters
from shared.errors import InvalidRequest, NotFound, collection_replaced, image_not_found
from shared.store.client import READ_SECONDS, AsyncMilvusConnection
from shared.store.expressions import in_
from shared.store.filters import filter_expression
from shared.store.gathering import GatheredSearch, Target, Vector
from shared.store.generations import partition_of
from shared.store.homes import KNOWN_SECONDS
from shared.store.indexes import search_params
from shared.store.properties import read_identity
from shared.store.ranking import Ranking, rank
from shared.store.rows import Row, to_row
from shared.store.schema import MAX_WINDOW, METRIC, SCALARS, VECTOR

T = TypeVar("T")

#: Above this many candidates the rows of one page are fetched apart.
_WHOLE_ROWS = 256


class VectorSearch:
    """Searches collections from one event loop.

    Methods raise NotFound `collection_not_found` and Unavailable `milvus_unavailable`.
    """

    def __init__(self, milvus: AsyncMilvusConnection) -> None:
        self._milvus = milvus
        self._gathered = GatheredSearch(self._call)
        self._known: dict[str, tuple[float, CollectionIdentity]] = {}

    async def identity(self, collection: str) -> CollectionIdentity:
        """What a collection's vectors are; as `Collections.identity`."""

        async def describe(client: AsyncMilvusClient) -> Any:
            return await client.describe_collection(collection, timeout=READ_SECONDS)

        began = time.monotonic()
        try:
            found = read_identity(collection, await self._milvus.run(describe, collection))
        except NotFound:
            self._known.pop(collection, None)
            raise
        # Of one without a generation no search can tell that it is another by now, and one that is
        # encoded anew has other vectors at any moment.
        self._known.pop(collection, None)
        if found.generation and found.next is None:
            self._known[collection] = (began, found)
        return found

    def last_identity(self, collection: str) -> CollectionIdentity | None:
        """What `identity` found up to `KNOWN_SECONDS` ago.

        It holds where `nearest` finds its generation.
        """
        began, found = self._known.get(collection, (0.0, None))
        return found if time.monotonic() - began < KNOWN_SECONDS else None

    async def nearest(
        self,
        collection: str,
        vector: Sequence[float],
        parameters: SearchParameters,
        *,
        exclude: str | None = None,
        generation: str = "",
        home: str = "",
        with_vectors: bool = False,
    ) -> list[Hit]:
        """The hits that `parameters` wants, by score downwards, then by id.

        `vector` holds 512 floats of any length but zero; `exclude` is an image to leave out. With
        a `generation`, the collection must have it; `home` is where its identity says that its
        rows are. Hits have their vectors if asked. Raises
        InvalidRequest `invalid_vector`, `window_too_large`, `invalid_text`, NotFound
        `collection_replaced`.
        """
        _check(vector)
        whole = (*SCALARS, VECTOR) if with_vectors else SCALARS
        with tracing.span("search.milvus", collection=collection, top_k=parameters.top_k):
            ranking = await self._rank(
                collection,
                vector,
                parameters,
                exclude=exclude,
                generation=generation,
                home=home,
                fields=whole,
            )
        page = [
            (score, image)
            for score, image in ranking.scored[parameters.offset :][: parameters.top_k]
            if parameters.min_score is None or score >= parameters.min_score
        ]
        unread = [image for _, image in page if image not in ranking.rows]
        rows = {**ranking.rows, **await self._rows(home or collection, unread, whole)}
        return [
            Hit(
                to_row(rows[image]),
                score,
                distance_of(score),
                rows[image].get(VECTOR),
                ranking.regions.get(image),
            )
            for score, image in page
            if image in rows
        ]

    async def _rank(
        self,
        collection: str,
        vector: Sequence[float],
        parameters: SearchParameters,
        *,
        exclude: str | None,
        generation: str,
        home: str,
        fields: tuple[str, ...],
    ) -> Ranking:
        """The images by their vectors, `offset + top_k` of them or all that match the filter."""
        wanted = parameters.offset + parameters.top_k
        expression = filter_expression(parameters.filter)
        partition = partition_of(generation) if generation else ""
        # One more for the excluded image, and one to see whether the next hit has the same score.
        depth = min(wanted + 2, MAX_WINDOW)
        while True:
            whole = depth <= _WHOLE_ROWS
            parameter_set = tuple(search_params(depth, parameters.index_params).items())
            read = fields if whole else ("id", "sha256")
            target = Target(home or collection, partition, expression, read, parameter_set)
            found = await self._gathered.nearest(target, vector, depth)
            ranked = rank(found, exclude)
            if len(found) < depth:
                break  # The collection has no more.
            if wanted < len(ranked) and ranked[wanted - 1][0] > ranked[-1][0]:
                break  # No hit beyond these can have one of the wanted scores.
            if depth == MAX_WINDOW:
                if wanted > len(ranked):
                    raise _too_deep()
                break
            depth = min(depth * 2, MAX_WINDOW)
        if not found and generation:
            await self._require(collection, generation, home)
        rows = {row["id"]: row["entity"] for row in found}
        contents = {image: row["sha256"] for image, row in rows.items()}
        return Ranking(ranked, contents, rows if whole else {})

    async def _require(self, collection: str, generation: str, home: str) -> None:
        # Of a partition that there is not, milvus-lite as it comes answers that it has no rows.
        found = await self.identity(collection)
        if (found.generation, found.home) != (generation, home):
            raise collection_replaced(collection)

    async def vector_of(self, collection: str, image: str, home: str = "") -> list[float]:
        """The vector of a stored image; `home` as of `nearest`.

        Raises NotFound `image_not_found`.
        """
        rows = await self._query(home or collection, [image], [VECTOR])
        if not rows:
            raise image_not_found(image)
        return [float(x) for x in rows[0][VECTOR]]

    async def _call(
        self, target: Target, vectors: Sequence[Vector], limit: int
    ) -> Sequence[Sequence[Any]]:
        async def search(client: AsyncMilvusClient) -> Any:
            return await client.search(
                target.collection,
                data=[list(vector) for vector in vectors],
                anns_field=VECTOR,
                filter=target.expression,
                limit=limit,
                output_fields=list(target.fields),
                search_params={"metric_type": METRIC, "params": dict(target.parameters)},
                partition_names=[target.partition] if target.partition else None,
                timeout=READ_SECONDS,
            )

        found: Sequence[Sequence[Any]] = await self._milvus.run(search, target.collection)
        return found

    async def _rows(
        self, collection: str, ids: Sequence[str], fields: Sequence[str]
    ) -> dict[str, Row]:
        if not ids:
            return {}
        return {row["id"]: row for row in await self._query(collection, ids, fields)}

    async def _query(self, collection: str, ids: Sequence[str], fields: Sequence[str]) -> list[Row]:
        async def query(client: AsyncMilvusClient) -> Any:
            return await client.query(
                collection,
                filter=in_("id", ids),
                output_fields=["id", *fields],
                timeout=READ_SECONDS,
            )

        async with self._milvus.reading(collection):
            return list(await self._milvus.run(query, collection))


def _check(vector: Sequence[float]) -> None:
    if len(vector) != DIMENSION or not all(map(math.isfinite, vector)) or not any(vector):
        raise InvalidRequest(
            "invalid_vector", f"A vector holds {DIMENSION} finite numbers, not all of them zero."
        )


def _too_deep() -> InvalidRequest:
    return InvalidRequest(
        "window_too_large", f"offset + top_k reaches beyond the {MAX_WINDOW} best hits."
    )
