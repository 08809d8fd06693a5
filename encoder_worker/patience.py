"""Waiting for a store that is away, without losing what was worked out in the meantime."""

import threading
from collections.abc import Callable
from typing import Protocol, TypeVar

from redis.exceptions import RedisError

from shared.errors import Unavailable
from shared.log import get_logger

_log = get_logger(__name__)

T = TypeVar("T")

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0


class GaveUp(Exception):
    """Waiting has lost its point: the job ended, or this process is to end."""


class Insist(Protocol):
    """Runs an operation again and again until it succeeds. Raises GaveUp."""

    def __call__(self, operation: Callable[[], T], /) -> T: ...


class Patience:
    """Repeats what failed because Redis or Milvus is away, with capped backoff."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping

    def insist(
        self, operation: Callable[[], T], still_wanted: Callable[[], bool] = lambda: True
    ) -> T:
        """The operation's result, once it succeeds. Raises GaveUp.

        `still_wanted` is asked before each repetition; it may fail because Redis is away, too.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                return operation()
            except (Unavailable, RedisError) as error:
                _log.warning("store_away", error=str(error), again_in_seconds=pause)
            if self._stopping.wait(pause) or not _answer(still_wanted):
                raise GaveUp
            pause = min(2 * pause, _LONGEST_PAUSE)


def _answer(still_wanted: Callable[[], bool]) -> bool:
    try:
        return still_wanted()
    except RedisError:
        return True
