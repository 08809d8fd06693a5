"""Queries in Redis: the picture on its way in, the vector on its way out, both short-lived.

Neither is written to Redis's append-only file: after a restart no client waits for them, and a
search would wait for the disk at each step.
"""

import io
import time
from typing import Any, BinaryIO, NamedTuple

from shared.domain.query import Query, QueryReply
from shared.ledger import keys, scripts
from shared.redis import AsyncRedisClient, RedisClient

_REPLY_SECONDS = 60
_PIECE_BYTES = 1024 * 1024


_WAITING = (keys.QUERIES, keys.QUERY_BYTES)


class QueryLimits(NamedTuple):
    """How many queries may wait, and how many bytes their pictures may have together."""

    queries: int
    bytes: int


class Queries:
    """The query encoder's side, and the gateway's way in."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._admit = redis.register_script(scripts.ADMIT_QUERY)
        self._withdraw = redis.register_script(scripts.WITHDRAW_QUERY)
        self._put_piece = redis.register_script(scripts.PUT_QUERY_IMAGE)
        self._reply = redis.register_script(scripts.REPLY_QUERY)

    def admit(self, query: Query, size: int, limits: QueryLimits) -> bool:
        """Count a query among those that wait, until its answer, its withdrawal or its deadline.

        False where that would be too many, or with its `size` in bytes too much.
        """
        # The picture itself expires before.
        args = [query.id, size, _seconds_left(query) + 1, *limits]
        return bool(self._admit(keys=_WAITING, args=args))

    def withdraw(self, query: Query) -> None:
        """Delete the picture of a query that nobody waits for any more."""
        self._withdraw(keys=[*_WAITING, _image(query)], args=[query.id])

    def put_image(self, query: Query, image: bytes | BinaryIO) -> None:
        """Store the picture's bytes for the encoder, until the query's deadline.

        A file is sent in pieces, so that it is never in memory as a whole.
        """
        source = io.BytesIO(image) if isinstance(image, bytes) else image
        sent = 0
        while piece := source.read(_PIECE_BYTES):
            self._put_piece(keys=[_image(query)], args=[sent, piece, _seconds_left(query)])
            sent += len(piece)

    def image(self, query: Query) -> bytes | None:
        """The picture's bytes, or None when the query's deadline has passed."""
        if time.time() > query.deadline:
            return None
        image: bytes | None = self._redis.get(_image(query))
        return image

    def reply(self, query: Query, reply: QueryReply) -> None:
        """Answer a query, and delete its picture."""
        args = [query.id, reply.model_dump_json(), _REPLY_SECONDS]
        self._reply(keys=[*_WAITING, _image(query), _answer(query)], args=args)


async def await_reply(redis: AsyncRedisClient, query: Query, seconds: float) -> QueryReply | None:
    """A query's answer as soon as there is one; None after `seconds` without."""
    # 0 would block without a limit.
    found: Any = await redis.xread({_answer(query): "0"}, block=max(1, int(seconds * 1000)))
    if not found:
        return None
    ((_, entries),) = found.items() if isinstance(found, dict) else found
    ((_, fields),) = entries
    return QueryReply.model_validate_json(fields[b"reply"])


def _seconds_left(query: Query) -> int:
    return max(1, int(query.deadline - time.time()) + 1)


def _image(query: Query) -> str:
    return keys.query(query.id, "image")


def _answer(query: Query) -> str:
    return keys.query(query.id, "reply")
