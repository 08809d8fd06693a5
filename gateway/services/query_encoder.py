"""Gets a picture's vector from a query encoder: sends it through Redis and awaits the reply."""

import contextlib
import time
import uuid
from typing import IO

from anyio import CancelScope, to_thread

from gateway.files.incoming import recognise
from gateway.services.encoders import query_encoder
from shared import tracing
from shared.domain.collection import CollectionIdentity
from shared.domain.query import Crop, Query, QueryReply
from shared.errors import PictureError, QueueFull, TimedOut, Unavailable
from shared.ledger import Queries, QueryLimits, Workers, await_reply
from shared.log import bound_request_id
from shared.redis import AsyncRedisClient
from shared.settings import Settings

#: While a reply is awaited, seconds until it is checked that a query encoder is alive, and between
#: further checks. Most replies are there before the first.
_FIRST_CHECK_SECONDS, _LIVENESS_CHECK_SECONDS = 0.25, 1


class QueryEncoder:
    """Requests vectors from the query encoders. Waiting for a reply holds no thread."""

    def __init__(
        self,
        settings: Settings,
        async_redis: AsyncRedisClient,
        queries: Queries,
        workers: Workers,
    ) -> None:
        self._settings = settings
        self._async_redis = async_redis
        self._queries = queries
        self._workers = workers
        self._limits = QueryLimits(settings.query_queue_limit, settings.query_queue_bytes)

    async def encode(
        self, picture: IO[bytes], collection: CollectionIdentity, crop: Crop | None
    ) -> tuple[float, ...]:
        """The vector of a picture, 512 floats of unit length, pooled as the collection is.

        Raises PictureError when it cannot be decoded, Conflict `encoder_mismatch`, QueueFull,
        Unavailable `no_encoder`, `redis_unavailable`, TimedOut.
        """
        with tracing.span("search.encode", collection=collection.name):
            return await self._encode(picture, collection, crop)

    async def _encode(
        self, picture: IO[bytes], collection: CollectionIdentity, crop: Crop | None
    ) -> tuple[float, ...]:
        query = Query(
            id=uuid.uuid4().hex,
            weights=collection.weights,
            pooling=collection.pooling,
            crop=crop,
            seconds=self._settings.query_timeout_seconds,
            request_id=bound_request_id(),
            traceparent=tracing.traceparent(),
        )
        deadline = time.monotonic() + query.seconds
        entry = await to_thread.run_sync(self._send, query, picture)
        reply = None
        try:
            reply = await self._await_reply(query, deadline, collection)
        finally:
            if reply is None:
                await self._withdraw(query, entry)
        if reply.vector is None:
            raise PictureError(reply.code or "corrupt", reply.reason or "It cannot be decoded.")
        collection.require(reply.weights)
        return reply.vector

    def _send(self, query: Query, picture: IO[bytes]) -> str:
        recognise(picture)
        entry = self._queries.submit(query, picture, self._limits)
        if entry is None:
            raise QueueFull("queue_full", "Too many searches wait; try again in a few seconds.")
        return entry

    async def _withdraw(self, query: Query, entry: str) -> None:
        # What is left of it without Redis expires by itself.
        with CancelScope(shield=True), contextlib.suppress(Unavailable):
            await to_thread.run_sync(self._queries.withdraw, query, entry)

    async def _await_reply(
        self, query: Query, deadline: float, collection: CollectionIdentity
    ) -> QueryReply:
        patience: float = _FIRST_CHECK_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            reply = await await_reply(self._async_redis, query, min(patience, left))
            if reply is not None:
                return reply
            await to_thread.run_sync(query_encoder, self._workers, collection)
            patience = _LIVENESS_CHECK_SECONDS
        raise TimedOut(
            "encode_timeout",
            f"The encoder did not answer within {self._settings.query_timeout_seconds:g} s. It may "
            "be overloaded; try again later.",
        )
