"""A query's way through Redis: the picture in, the vector out, both forgotten soon after."""

import io
import time
from typing import BinaryIO

from shared.ledger import keys
from shared.messages import Query, QueryReply
from shared.redis_client import RedisClient

_REPLY_SECONDS = 60
_PIECE_BYTES = 1024 * 1024


class Queries:
    """The query encoder's side, and the gateway's way in; the gateway awaits `reply_key`."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    def put_image(self, query: Query, image: bytes | BinaryIO) -> None:
        """Leave the picture's bytes for the encoder, until the query's deadline.

        A file is sent piece by piece, so that no one holds the whole of it in memory here.
        """
        source = io.BytesIO(image) if isinstance(image, bytes) else image
        seconds = max(1, int(query.deadline - time.time()) + 1)
        key = keys.query(query.id, "image")
        self._redis.set(key, source.read(_PIECE_BYTES), ex=seconds)
        sent = _PIECE_BYTES
        # At its place and not appended: a piece that a lost connection sends twice does no harm.
        while piece := source.read(_PIECE_BYTES):
            self._redis.setrange(key, sent, piece)
            sent += len(piece)
        if sent > _PIECE_BYTES:
            self._redis.expire(key, seconds)

    def image(self, query: Query) -> bytes | None:
        """The picture's bytes, or None when the deadline has passed: nobody waits any more."""
        if time.time() > query.deadline:
            return None
        image: bytes | None = self._redis.get(keys.query(query.id, "image"))
        return image

    def reply(self, query: Query, reply: QueryReply) -> None:
        """Answer a query, and forget its picture: one write, as each costs Redis an fsync."""
        key = reply_key(query)
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.rpush(key, reply.model_dump_json())
            pipe.expire(key, _REPLY_SECONDS)
            pipe.delete(keys.query(query.id, "image"))
            pipe.execute()


def reply_key(query: Query) -> str:
    """The list on which a query's one answer arrives."""
    return keys.query(query.id, "reply")
