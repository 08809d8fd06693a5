"""Queries by examples: stored images, pictures and vectors, and parts of the first two."""

import asyncio
import io
import time
from collections.abc import Sequence
from functools import partial

import numpy as np
from anyio import to_thread

from gateway.files.originals import OriginalThreads, open_original
from gateway.metrics import Metrics
from gateway.services.fetched_pictures import FetchedPictures
from gateway.services.query_encoder import QueryEncoder
from gateway.services.search import search_identified
from shared.domain.collection import CollectionIdentity
from shared.domain.examples import (
    Example,
    ExampleQuery,
    ImageExample,
    PictureExample,
    UrlExample,
    VectorExample,
)
from shared.domain.filter import AnyOf, Filter
from shared.domain.match import with_least_score
from shared.domain.query import Crop, SearchParameters, SearchResult
from shared.errors import InvalidRequest
from shared.sources import Files
from shared.store import ExampleSearch, Images, require_search_params

Vector = Sequence[float]


class ExampleQueries:
    """Answers queries by examples."""

    def __init__(
        self,
        files: Files,
        original_threads: OriginalThreads,
        search: ExampleSearch,
        images: Images,
        encoder: QueryEncoder,
        fetched: FetchedPictures,
        metrics: Metrics,
    ) -> None:
        self._files = files
        self._original_threads = original_threads
        self._search = search
        self._images = images
        self._encoder = encoder
        self._fetched = fetched
        self._metrics = metrics

    async def find(self, collection: str, query: ExampleQuery) -> SearchResult:
        """The images that are like the positive examples, and unlike the negative ones.

        Stored images among the examples are left out. Raises NotFound, InvalidRequest, Unavailable,
        and what `QueryEncoder.encode` and `FetchedPictures.fetch` raise.
        """
        started = time.perf_counter()
        return await search_identified(
            self._search, collection, partial(self._find, query=query, started=started)
        )

    async def _find(
        self, identity: CollectionIdentity, query: ExampleQuery, started: float
    ) -> SearchResult:
        collection, home = identity.name, identity.home
        require_search_params(identity.index, query.parameters.index_params)
        # `best_score` looks at whole images only.
        regions = identity.regions and query.strategy == "average"
        wanted = with_least_score(query.parameters, identity.fingerprint, regions=regions)
        encoding = time.perf_counter()
        vectors = await self._vectors(identity, [*query.positive, *query.negative])
        encoded = time.perf_counter()
        positive, negative = vectors[: len(query.positive)], vectors[len(query.positive) :]
        parameters = _without(wanted, query.stored)
        if query.strategy == "average":
            target = average(positive, negative)
            hits = await self._search.nearest(
                collection, target, parameters, generation=identity.generation, home=home
            )
        else:
            hits = await self._search.best_score(
                collection,
                positive,
                negative,
                parameters,
                generation=identity.generation,
                home=home,
            )
        of_hits = None
        if query.with_vector:
            ids = [hit.row.id for hit in hits]
            of_hits = await self._search.find_vectors(collection, ids, home)
        needs_encoder = any(_is_encoded(example) for example in (*query.positive, *query.negative))
        encode = encoded - encoding if needs_encoder else 0.0
        timings = self._metrics.searched(started, encode, encoded)
        return SearchResult(hits, identity.fingerprint, timings, of_hits, regions)

    async def require(self, collection: str) -> None:
        """Raise NotFound unless there is such a collection."""
        await self._search.identity(collection)

    async def _vectors(
        self, identity: CollectionIdentity, examples: Sequence[Example]
    ) -> list[Vector]:
        """The vectors of examples, 512 floats of unit length each, in the same order."""
        whole = [e.image for e in examples if isinstance(e, ImageExample) and e.crop is None]
        stored = await self._search.vectors_of(identity.name, whole, identity.home)
        encoded = iter(
            await asyncio.gather(*(self._encode(identity, e) for e in examples if _is_encoded(e)))
        )
        vectors: list[Vector] = []
        for example in examples:
            if _is_encoded(example):
                vectors.append(next(encoded))
            elif isinstance(example, ImageExample):
                vectors.append(stored[example.image])
            elif isinstance(example, VectorExample):
                vectors.append(example.vector)
        return vectors

    async def _encode(self, identity: CollectionIdentity, example: Example) -> Vector:
        if isinstance(example, PictureExample):
            return await self._encoder.encode(io.BytesIO(example.content), identity, example.crop)
        if isinstance(example, UrlExample):
            with await self._fetched.fetch(example.url) as picture:
                return await self._encoder.encode(picture, identity, example.crop)
        if isinstance(example, ImageExample):
            return await self._encode_part(identity, example.image, example.crop)
        return example.vector

    async def _encode_part(
        self, identity: CollectionIdentity, image: str, crop: Crop | None
    ) -> Vector:
        """The vector of a part of a stored image, read from its own file."""
        row = await to_thread.run_sync(self._images.get, identity.name, image)
        original = await self._original_threads.run(
            row.uri, open_original, row, identity.name, self._files
        )
        try:
            return await self._encoder.encode(original.file, identity, crop)
        finally:
            original.file.close()


def average(positive: Sequence[Vector], negative: Sequence[Vector]) -> list[float]:
    """One vector of unit length for all examples, each 512 floats of unit length.

    Qdrant's `average_vector`: avg(positive) + avg(positive) - avg(negative), and avg(positive)
    without negative ones (https://qdrant.tech/documentation/concepts/explore, "Recommendation
    API"). Raises InvalidRequest `examples_cancel_out`.
    """
    mean = np.mean(np.array(positive, dtype=np.float64), axis=0)
    if negative:
        mean = 2 * mean - np.mean(np.array(negative, dtype=np.float64), axis=0)
    length = float(np.linalg.norm(mean))
    if length < 1e-6:
        raise InvalidRequest(
            "examples_cancel_out",
            "The examples' average is zero, and like nothing. Leave one out, or use best_score.",
        )
    vector: list[float] = (mean / length).tolist()
    return vector


def _is_encoded(example: Example) -> bool:
    if isinstance(example, PictureExample | UrlExample):
        return True
    return isinstance(example, ImageExample) and example.crop is not None


def _without(parameters: SearchParameters, images: frozenset[str]) -> SearchParameters:
    if not images:
        return parameters
    given = parameters.filter
    inner = (given.where,) if given.where is not None and not given.where.empty else ()
    # Both were checked; together they may be more than one request may give.
    ids = AnyOf(field="id", any=tuple(sorted(images)))
    where = Filter.model_construct(must=inner, should=(), must_not=(ids,))
    return parameters.model_copy(update={"filter": given.model_copy(update={"where": where})})
