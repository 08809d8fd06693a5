"""What happened in a job, in order: a capped Redis stream that Server-Sent Events follow."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from shared.errors import InvalidRequest
from shared.ledger import keys
from shared.redis import RedisClient

_EVENT_ID = re.compile(r"^\d{1,20}-\d{1,20}$")


class Event(NamedTuple):
    """`progress` and `end` carry no data of their own (read the job); `failure` is its JSON."""

    id: str
    kind: Literal["progress", "failure", "end"]
    data: str


class Events:
    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    def last_id(self, job_id: str) -> str:
        """The id of the newest event, `0-0` before the first."""
        newest = self._redis.xrevrange(keys.job(job_id, "events"), count=1)
        return newest[0][0].decode() if newest else "0-0"

    def read_after(self, job_id: str, event_id: str, limit: int = 500) -> Sequence[Event]:
        """Events newer than `event_id`, oldest first. Raises InvalidRequest `invalid_event_id`."""
        if not _EVENT_ID.match(event_id):
            raise InvalidRequest("invalid_event_id", "Last-Event-ID is none that this stream gave.")
        rows = self._redis.xrange(keys.job(job_id, "events"), min=f"({event_id}", count=limit)
        return [
            Event(row_id.decode(), fields[b"kind"].decode(), fields[b"data"].decode())
            for row_id, fields in rows
        ]
