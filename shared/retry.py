"""Calls repeated until Redis or Milvus answers again, for as long as their result is wanted."""

import copy
import functools
import threading
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Self, TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    sleep_using_event,
    stop_when_event_set,
    wait_exponential,
)

from shared.log import outages
from shared.redis import is_outage, outage_code

P = ParamSpec("P")
T = TypeVar("T")

_FIRST_WAIT_SECONDS = 0.1
_MAX_WAIT_SECONDS = 3.0


class ShuttingDown(Exception):
    """This process is shutting down; another process takes over its work."""


class RetryPolicy:
    """`retry(fn, *args, **kwargs)`: call until no store is away, with capped exponential backoff.

    `check` runs between tries and raises when the result is not wanted any more. `stop` is set
    when the process shuts down.
    """

    def __init__(self, stop: threading.Event, check: Callable[[], object] = lambda: None) -> None:
        self._stop = stop
        self._check = check

    def __call__(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of `fn`, which must be safe to repeat.

        Raises ShuttingDown, what `check` raises, and every error of `fn` that is no outage.
        """
        met: set[str] = set()
        retrying = Retrying(
            stop=stop_when_event_set(self._stop),
            sleep=sleep_using_event(self._stop),
            wait=wait_exponential(multiplier=_FIRST_WAIT_SECONDS, max=_MAX_WAIT_SECONDS),
            retry=retry_if_exception(_is_outage),
            before=self._before_try,
            before_sleep=functools.partial(_note_outage, met),
            retry_error_callback=_shut_down,
        )
        result = retrying(fn, *args, **kwargs)
        for code in met:
            outages.ended(code)
        return result

    def sleep(self, seconds: float) -> None:
        """Sleep. Raises ShuttingDown."""
        if self._stop.wait(seconds):
            raise ShuttingDown

    def _before_try(self, state: RetryCallState) -> None:
        if state.attempt_number == 1:
            return
        if self._stop.is_set():
            raise ShuttingDown
        try:
            self._check()
        except Exception as error:
            if not is_outage(error):
                raise


class Retriable:
    """A class of the store, the ledger or the queue whose calls can be put under a RetryPolicy.

    A new object has none: an outage is raised to the caller at once, as HTTP calls need it.
    """

    _retry: RetryPolicy | None = None

    def with_retry(self, retry: RetryPolicy | None) -> Self:
        """The same object over the same connection, its `@repeatable` methods under `retry`."""
        view = copy.copy(self)
        view._retry = retry
        return view

    def _repeat(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._retry is None:
            return fn(*args, **kwargs)
        return self._retry(fn, *args, **kwargs)


R = TypeVar("R", bound=Retriable)


def repeatable(method: Callable[Concatenate[R, P], T]) -> Callable[Concatenate[R, P], T]:
    """Mark a method as idempotent: `with_retry` has the whole of it repeated after an outage."""

    @functools.wraps(method)
    def call(repository: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return repository._repeat(method, repository, *args, **kwargs)

    return call


def _is_outage(error: BaseException) -> bool:
    return isinstance(error, Exception) and is_outage(error)


def _note_outage(met: set[str], state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    if error is not None:
        code = outage_code(error)
        met.add(code)
        outages.met(code, error)


def _shut_down(state: RetryCallState) -> None:
    raise ShuttingDown from (state.outcome.exception() if state.outcome else None)
