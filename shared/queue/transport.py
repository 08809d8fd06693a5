"""The Redis transport of kombu, which outlives a Redis that takes no writes.

To fetch a message is a write, and so is to bind a queue. A replica, and a Redis that cannot write
to its disk, refuse them; of itself a worker ends then, and its supervisor starts it again and
again, the network included.
"""

import time
from queue import Empty
from typing import Any

from kombu.transport import redis as kombu_redis
from redis.exceptions import ResponseError

from shared.log import outages
from shared.redis import is_outage, outage_code

#: How long a worker waits before it asks again; the tasks that it works on are in other threads.
_PAUSE_SECONDS = 1.0


class Channel(kombu_redis.Channel):
    """A channel to which a refused fetch is an empty queue."""

    _refused_by: str | None = None

    def _brpop_read(self, **options: Any) -> Any:
        try:
            found = super()._brpop_read(**options)  # type: ignore[misc]  # not in the stubs
        except ResponseError as error:
            if not is_outage(error):
                raise
            self._refused_by = outage_code(error)
            outages.met(self._refused_by, error)
            time.sleep(_PAUSE_SECONDS)
            raise Empty from error
        except Empty:
            self._accepted()
            raise
        self._accepted()
        return found

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        try:
            super()._queue_bind(exchange, routing_key, pattern, queue)  # type: ignore[misc]
        except ResponseError as error:
            bound = {row[-1] for row in self.get_table(exchange)}
            if queue not in bound or not is_outage(error):
                raise

    def _accepted(self) -> None:
        if self._refused_by is not None:
            outages.ended(self._refused_by)
            self._refused_by = None


class Transport(kombu_redis.Transport):
    Channel = Channel
