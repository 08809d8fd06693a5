"""Searches by a picture, by a stored image, or by a vector."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import IO

from gateway.metrics import Metrics
from gateway.services.fetched_pictures import FetchedPictures
from gateway.services.query_encoder import QueryEncoder
from shared.domain.collection import CollectionIdentity
from shared.domain.match import with_least_score
from shared.domain.query import Crop, SearchParameters, SearchResult
from shared.errors import Conflict, InvalidRequest, NotFound, TimedOut, Unavailable
from shared.store import VectorSearch


class SearchService:
    """Finds the images that look most like a query. Every method raises NotFound, Unavailable."""

    def __init__(
        self,
        search: VectorSearch,
        encoder: QueryEncoder,
        fetched: FetchedPictures,
        metrics: Metrics,
    ) -> None:
        self._search = search
        self._encoder = encoder
        self._fetched = fetched
        self._metrics = metrics

    async def by_picture(
        self,
        collection: str,
        picture: IO[bytes] | str,
        parameters: SearchParameters,
        crop: Crop | None = None,
    ) -> SearchResult:
        """Search by a picture, or the part of it that `crop` names.

        `picture` may be an address, from which it is fetched. Raises also what
        `QueryEncoder.encode` and `FetchedPictures.fetch` raise.
        """
        if isinstance(picture, str):
            # Nothing is fetched for a collection that is not there.
            await self._search.identity(collection)
            with await self._fetched.fetch(picture) as fetched:
                return await self._by_file(collection, fetched, parameters, crop)
        return await self._by_file(collection, picture, parameters, crop)

    async def _by_file(
        self, collection: str, picture: IO[bytes], parameters: SearchParameters, crop: Crop | None
    ) -> SearchResult:
        started = time.perf_counter()

        async def search(identity: CollectionIdentity) -> SearchResult:
            wanted = _wanted(parameters, identity)
            encoding = time.perf_counter()
            vector = await self._encoder.encode(picture, identity, crop)
            encoded = time.perf_counter()
            hits = await self._search.nearest(
                collection, vector, wanted, generation=identity.generation, home=identity.home
            )
            timings = self._metrics.searched(started, encoded - encoding, encoded)
            return SearchResult(hits, identity.fingerprint, timings, regions=identity.regions)

        return await self._identified(collection, search)

    async def by_image(
        self, collection: str, image_id: str, parameters: SearchParameters
    ) -> SearchResult:
        """Search by a stored image, which is left out of the hits."""
        started = time.perf_counter()

        async def search(identity: CollectionIdentity) -> SearchResult:
            wanted = _wanted(parameters, identity)
            vector = await self._search.vector_of(collection, image_id, identity.home)
            hits = await self._search.nearest(
                collection,
                vector,
                wanted,
                exclude=image_id,
                generation=identity.generation,
                home=identity.home,
            )
            timings = self._metrics.searched(started, 0, started)
            return SearchResult(hits, identity.fingerprint, timings, regions=identity.regions)

        return await self._identified(collection, search)

    async def by_vector(
        self, collection: str, vector: Sequence[float], parameters: SearchParameters
    ) -> SearchResult:
        """Search by 512 floats of unit length."""
        started = time.perf_counter()

        async def search(identity: CollectionIdentity) -> SearchResult:
            wanted = _wanted(parameters, identity)
            hits = await self._search.nearest(
                collection, vector, wanted, generation=identity.generation, home=identity.home
            )
            timings = self._metrics.searched(started, 0, started)
            return SearchResult(hits, identity.fingerprint, timings, regions=identity.regions)

        return await self._identified(collection, search)

    async def _identified(
        self, collection: str, search: Callable[[CollectionIdentity], Awaitable[SearchResult]]
    ) -> SearchResult:
        """Search with what was found of a collection last, or anew where it has changed since.

        Milvus itself says whether it has: it looks for rows of that generation alone.
        """
        known = self._search.last_identity(collection)
        if known is not None:
            try:
                return await search(known)
            except (NotFound, Conflict, InvalidRequest, TimedOut, Unavailable) as error:
                if isinstance(error, Unavailable) and error.code != "no_encoder":
                    raise
                if await self._search.identity(collection) == known:
                    raise
        return await search_identified(self._search, collection, search)


async def search_identified(
    searches: VectorSearch,
    collection: str,
    search: Callable[[CollectionIdentity], Awaitable[SearchResult]],
) -> SearchResult:
    """Search with what a collection is now, and anew where its vectors are others meanwhile."""
    now = await searches.identity(collection)
    try:
        return await search(now)
    except NotFound:
        then, now = now, await searches.identity(collection)
        if now.edition == then.edition:
            raise
        return await search(now)


def _wanted(parameters: SearchParameters, identity: CollectionIdentity) -> SearchParameters:
    return with_least_score(parameters, identity.fingerprint, regions=identity.regions)
