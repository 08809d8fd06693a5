"""Which jobs have changed: a capped Redis stream over all of them."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from shared.ledger import keys
from shared.redis import RedisClient

#: What scripts cap the stream at; they may leave more.
MAX_CHANGES = 10_000
FIRST = "0-0"
_ID = re.compile(r"([0-9]{1,19})-([0-9]{1,19})")


class Change(NamedTuple):
    """That a job is another one since a position in the stream; its state is read from the job.

    `end` says that it has ended in between, which is said of every job once.
    """

    job_id: str
    kind: Literal["progress", "end"]
    position: str


class Changes(NamedTuple):
    """The jobs that have changed after a position, each once, by their last change.

    `position` is where to look next; `lost` says that older changes were let go before they were
    read.
    """

    changed: Sequence[Change]
    position: str
    lost: bool = False


class JobChanges:
    """Reads the stream, from any position in it."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    def newest(self) -> str:
        """The position after all changes that have been."""
        newest = self._redis.xrevrange(keys.CHANGES, count=1)
        return newest[0][0].decode() if newest else FIRST

    def after(self, position: str, limit: int) -> Changes:
        """What has changed after a position, of up to `limit` entries of the stream."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.xrange(keys.CHANGES, min=f"({position}", count=limit)
            pipe.xrange(keys.CHANGES, count=1)
            pipe.xlen(keys.CHANGES)
            rows, oldest, length = pipe.execute()
        # Whoever has seen what came just before the oldest has lost nothing, and is told so all the
        # same: the stream does not say whether something was between them.
        lost = length >= MAX_CHANGES and _order(position) < _order(oldest[0][0].decode())
        last: dict[str, Change] = {}
        for raw, fields in rows:
            job, found = fields[b"job"].decode(), raw.decode()
            before = last.pop(job, None)
            ended = fields[b"kind"] == b"end" or (before is not None and before.kind == "end")
            last[job] = Change(job, "end" if ended else "progress", found)
        return Changes(list(last.values()), rows[-1][0].decode() if rows else position, lost)


def is_position(text: str) -> bool:
    """Whether a text may be a position in the stream."""
    match = _ID.fullmatch(text)
    return match is not None and all(int(part) < 2**64 for part in match.groups())


def _order(position: str) -> tuple[int, int]:
    milliseconds, number = position.split("-")
    return int(milliseconds), int(number)
