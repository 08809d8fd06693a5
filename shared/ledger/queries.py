"""Queries in Redis: the picture on its way in, the vector on its way out, both short-lived.

Nothing of them is written to Redis's append-only file: after a restart no client waits for them,
and a search would wait for the disk at each step.
"""

import io
import math
import time
from collections.abc import Sequence
from typing import IO, Any, NamedTuple

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


class QueryImage(NamedTuple):
    """A picture's bytes, and when its client gives up, by this process's `time.monotonic`."""

    data: bytes
    deadline: float


class Queries:
    """The query encoder's side, and the gateway's way in."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._admit = redis.register_script(scripts.ADMIT_QUERY)
        self._send = redis.register_script(scripts.SEND_QUERY)
        self._take = redis.register_script(scripts.TAKE_QUERY)
        self._withdraw = redis.register_script(scripts.WITHDRAW_QUERY)
        self._put_piece = redis.register_script(scripts.PUT_QUERY_IMAGE)
        self._reply = redis.register_script(scripts.REPLY_QUERY)

    def submit(self, query: Query, picture: IO[bytes], limits: QueryLimits) -> str | None:
        """Admit a query, store its picture and send it; its entry, None where there is no room.

        One call to Redis, unless the picture is sent in pieces.
        """
        size = picture.seek(0, io.SEEK_END)
        picture.seek(0)
        if size > _PIECE_BYTES:
            if not self.admit(query, size, limits):
                return None
            self.put_image(query, picture)
            return self.send(query)
        names = [*_WAITING, _image(query), keys.sent_queries(query.weights)]
        args = [picture.read(), _milliseconds(query), query.model_dump_json()]
        entry = self._admit(keys=names, args=[*_admission(query, size, limits), *args])
        return entry.decode() if entry else None

    def admit(self, query: Query, size: int, limits: QueryLimits) -> bool:
        """Count a query among those that wait, until its answer, its withdrawal or its deadline.

        False where that would be too many, or with its `size` in bytes too much.
        """
        return bool(self._admit(keys=_WAITING, args=_admission(query, size, limits)))

    def withdraw(self, query: Query, entry: str = "") -> None:
        """Delete what is left of a query that nobody waits for any more, sent as `entry`."""
        names = [*_WAITING, _image(query), keys.sent_queries(query.weights)]
        self._withdraw(keys=names, args=[query.id, entry])

    def put_image(self, query: Query, image: bytes | IO[bytes]) -> None:
        """Store the picture's bytes for the encoder, for the query's seconds.

        A file is sent in pieces, so that it is never in memory as a whole.
        """
        source = io.BytesIO(image) if isinstance(image, bytes) else image
        sent = 0
        while piece := source.read(_PIECE_BYTES):
            self._put_piece(keys=[_image(query)], args=[sent, piece, _milliseconds(query)])
            sent += len(piece)

    def send(self, query: Query) -> str:
        """Have an encoder of its weights take a query; returns its entry among those sent."""
        args = [query.model_dump_json(), query.seconds]
        entry: bytes = self._send(keys=[keys.sent_queries(query.weights)], args=args)
        return entry.decode()

    def take(self, weights: str, seconds: float) -> Query | None:
        """The oldest query for these weights that no encoder has taken.

        None after `seconds` without one.
        """
        sent = keys.sent_queries(weights)
        found = self._redis.xread({sent: "0"}, count=1, block=max(1, int(seconds * 1000)))
        for entry, _ in _entries(found):
            if query := self._take(keys=[sent], args=[entry]):
                return Query.model_validate_json(query)
        return None

    def waiting(self, *weights: str) -> int:
        """How many queries for any of these weights no encoder has taken."""
        return sum(int(self._redis.xlen(keys.sent_queries(name))) for name in weights)

    def image(self, query: Query) -> QueryImage | None:
        """The picture, or None when the query's seconds have passed."""
        with self._redis.pipeline(transaction=False) as pipe:
            # First, so that the deadline is rather too early than too late.
            pipe.pttl(_image(query))
            pipe.get(_image(query))
            left, data = pipe.execute()
        return None if data is None else QueryImage(data, time.monotonic() + left / 1000)

    def reply(self, query: Query, reply: QueryReply) -> None:
        """Answer a query, and delete its picture."""
        args = [query.id, reply.model_dump_json(), _REPLY_SECONDS]
        self._reply(keys=[*_WAITING, _image(query), _answer(query)], args=args)


async def await_reply(redis: AsyncRedisClient, query: Query, seconds: float) -> QueryReply | None:
    """A query's answer as soon as there is one; None after `seconds` without."""
    # 0 would block without a limit.
    found: Any = await redis.xread({_answer(query): "0"}, block=max(1, int(seconds * 1000)))
    for _, fields in _entries(found):
        return QueryReply.model_validate_json(fields[b"reply"])
    return None


def _entries(found: Any) -> Sequence[tuple[bytes, dict[bytes, bytes]]]:
    """The entries of the one stream that was read."""
    if not found:
        return ()
    ((_, entries),) = found.items() if isinstance(found, dict) else found
    return entries  # type: ignore[no-any-return]


def _admission(query: Query, size: int, limits: QueryLimits) -> list[Any]:
    # The picture itself expires before.
    return [query.id, size, math.ceil(query.seconds) + 1, *limits]


def _milliseconds(query: Query) -> int:
    return max(1, int(query.seconds * 1000))


def _image(query: Query) -> str:
    return keys.query(query.id, "image")


def _answer(query: Query) -> str:
    return keys.query(query.id, "reply")
