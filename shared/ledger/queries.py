"""A query's way through Redis: the picture in, the vector out, both forgotten soon after."""

import time

from shared.ledger import keys
from shared.messages import Query, QueryReply
from shared.redis_client import RedisClient

_REPLY_SECONDS = 60


class Queries:
    """The query encoder's side, and the gateway's way in; the gateway awaits `reply_key`."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    def put_image(self, query: Query, image: bytes) -> None:
        """Leave the picture's bytes for the encoder, until the query's deadline."""
        seconds = max(1, int(query.deadline - time.time()) + 1)
        self._redis.set(keys.query(query.id, "image"), image, ex=seconds)

    def take_image(self, query: Query) -> bytes | None:
        """The picture's bytes, or None when the deadline has passed: nobody waits any more."""
        if time.time() > query.deadline:
            return None
        image: bytes | None = self._redis.getdel(keys.query(query.id, "image"))
        return image

    def reply(self, query: Query, reply: QueryReply) -> None:
        """Answer a query."""
        key = reply_key(query)
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.rpush(key, reply.model_dump_json())
            pipe.expire(key, _REPLY_SECONDS)
            pipe.execute()


def reply_key(query: Query) -> str:
    """The list on which a query's one answer arrives."""
    return keys.query(query.id, "reply")
