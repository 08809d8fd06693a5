"""A query's way through Redis: the picture in, the vector out, both forgotten soon after.

Neither is written to Redis's append-only file: nobody waits for them after a restart, and a search
would wait for the disk at each step.
"""

import io
import time
from typing import Any, BinaryIO

from redis.asyncio import Redis as AsyncRedis

from shared.domain.query import Query, QueryReply
from shared.ledger import keys, scripts
from shared.redis import RedisClient

_REPLY_SECONDS = 60
_PIECE_BYTES = 1024 * 1024


class Queries:
    """The query encoder's side, and the gateway's way in."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._put_piece = redis.register_script(scripts.PUT_QUERY_IMAGE)
        self._reply = redis.register_script(scripts.REPLY_QUERY)

    def put_image(self, query: Query, image: bytes | BinaryIO) -> None:
        """Leave the picture's bytes for the encoder, until the query's deadline.

        A file is sent piece by piece, so that no one holds the whole of it in memory here.
        """
        source = io.BytesIO(image) if isinstance(image, bytes) else image
        seconds = max(1, int(query.deadline - time.time()) + 1)
        sent = 0
        while piece := source.read(_PIECE_BYTES):
            self._put_piece(keys=[_image(query)], args=[sent, piece, seconds])
            sent += len(piece)

    def image(self, query: Query) -> bytes | None:
        """The picture's bytes, or None when the deadline has passed: nobody waits any more."""
        if time.time() > query.deadline:
            return None
        image: bytes | None = self._redis.get(_image(query))
        return image

    def reply(self, query: Query, reply: QueryReply) -> None:
        """Answer a query, and forget its picture."""
        args = [reply.model_dump_json(), _REPLY_SECONDS]
        self._reply(keys=[_answer(query), _image(query)], args=args)


async def await_reply(redis: AsyncRedis, query: Query, seconds: float) -> QueryReply | None:
    """A query's answer as soon as it is there; None when `seconds` went by without."""
    # Redis takes 0 for "for ever".
    found: Any = await redis.xread({_answer(query): "0"}, block=max(1, int(seconds * 1000)))
    if not found:
        return None
    ((_, entries),) = found.items() if isinstance(found, dict) else found
    ((_, fields),) = entries
    return QueryReply.model_validate_json(fields[b"reply"])


def _image(query: Query) -> str:
    return keys.query(query.id, "image")


def _answer(query: Query) -> str:
    return keys.query(query.id, "reply")
