"""Waiting for Redis and Milvus to come back, for as long as the work is still wanted."""

import threading
from collections.abc import Callable
from typing import TypeVar

from redis.exceptions import RedisError

from shared.errors import Unavailable
from shared.log import get_logger
from shared.redis import is_outage

T = TypeVar("T")

_log = get_logger(__name__)

_FIRST_WAIT = 0.1
_LONGEST_WAIT = 3.0


class ShuttingDown(Exception):
    """This process is shutting down; what it was doing will be taken up by another."""


class RetryPolicy:
    """Repeats calls until they succeed, with capped back-off.

    `check` is asked between tries and raises when nobody wants the result any more; `stop` is set
    when the process shuts down.
    """

    def __init__(self, stop: threading.Event, check: Callable[[], None] = lambda: None) -> None:
        self._stop = stop
        self._check = check

    def run(self, call: Callable[[], T]) -> T:
        """The call's result. The call must be safe to repeat.

        Raises ShuttingDown, what `check` raises, and errors that no waiting mends.
        """
        wait = _FIRST_WAIT
        while True:
            try:
                return call()
            except (Unavailable, RedisError) as error:
                if not is_outage(error):
                    raise
                _log.warning("store_unavailable", error=str(error)[:200], wait_seconds=wait)
            self.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)
            self._still_wanted()

    def sleep(self, seconds: float) -> None:
        """Sleep. Raises ShuttingDown."""
        if self._stop.wait(seconds):
            raise ShuttingDown

    def _still_wanted(self) -> None:
        try:
            self._check()
        except RedisError as error:
            if not is_outage(error):
                raise
