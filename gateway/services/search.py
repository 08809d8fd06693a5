"""Searches from end to end: by a picture, by a stored image, by a vector."""

import time
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

from gateway.metrics import Metrics
from gateway.schemas.search import SearchParameters, TookMs
from gateway.services.query_encoder import QueryEncoder
from shared.domain.image import Hit
from shared.domain.query import Crop
from shared.store import VectorSearch


class Found(NamedTuple):
    """What a search found, in whose vector space, and how long it took."""

    hits: Sequence[Hit]
    encoder: str
    took: TookMs


class SearchService:
    """Finds what looks alike. Every method raises NotFound and Unavailable."""

    def __init__(
        self,
        search: VectorSearch,
        encoder: QueryEncoder,
        metrics: Metrics,
    ) -> None:
        self._search = search
        self._encoder = encoder
        self._metrics = metrics

    async def by_picture(
        self,
        collection: str,
        picture: BinaryIO,
        parameters: SearchParameters,
        crop: Crop | None = None,
    ) -> Found:
        """Search by a picture, or the part of it that `crop` names.

        Raises also what `QueryEncoder.encode` raises.
        """
        begun = time.perf_counter()
        info = await self._search.identity(collection)
        encoding = time.perf_counter()
        vector = await self._encoder.encode(picture, info, crop)
        encoded = time.perf_counter()
        hits = await self._nearest(collection, vector, parameters)
        took = self._took(begun, encoded - encoding, encoded)
        return Found(hits, info.fingerprint, took)

    async def by_image(self, collection: str, image_id: str, parameters: SearchParameters) -> Found:
        """Search by a stored image, which is left out of the hits."""
        begun = time.perf_counter()
        info = await self._search.identity(collection)
        vector = await self._search.vector_of(collection, image_id)
        hits = await self._nearest(collection, vector, parameters, exclude=image_id)
        return Found(hits, info.fingerprint, self._took(begun, 0, begun))

    async def by_vector(
        self, collection: str, vector: Sequence[float], parameters: SearchParameters
    ) -> Found:
        """Search by 512 floats of unit length."""
        begun = time.perf_counter()
        info = await self._search.identity(collection)
        hits = await self._nearest(collection, vector, parameters)
        return Found(hits, info.fingerprint, self._took(begun, 0, begun))

    async def _nearest(
        self,
        collection: str,
        vector: Sequence[float],
        parameters: SearchParameters,
        exclude: str | None = None,
    ) -> Sequence[Hit]:
        return await self._search.nearest(
            collection,
            vector,
            top_k=parameters.top_k,
            offset=parameters.offset,
            min_score=parameters.min_score,
            filter=parameters.filter,
            exclude=exclude,
        )

    def _took(self, begun: float, encode: float, searching: float) -> TookMs:
        end = time.perf_counter()
        stages = {"encode": encode, "search": end - searching, "total": end - begun}
        for stage, seconds in stages.items():
            if seconds > 0:
                self._metrics.search_seconds.labels(stage).observe(seconds)
        return TookMs(**{stage: round(seconds * 1000, 3) for stage, seconds in stages.items()})
