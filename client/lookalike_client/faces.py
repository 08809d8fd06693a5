"""Functions that build a call as methods of a client that performs it: at once, or awaited."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from functools import wraps
from typing import Any, Generic, ParamSpec, Protocol, Self, TypeVar, overload

from lookalike_client.call import Call
from lookalike_client.values import JobEvent

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Page(Protocol[T_co]):
    """A page of a list."""

    @property
    def items(self) -> Sequence[T_co]: ...
    @property
    def next_cursor(self) -> str | None: ...


class Runner(Protocol):
    """Performs calls at once."""

    def run(self, call: Call[T]) -> T: ...
    def follow(self, call: Call[JobEvent]) -> Iterator[JobEvent]: ...


class AsyncRunner(Protocol):
    """Performs calls when awaited."""

    async def run(self, call: Call[T]) -> T: ...
    def follow(self, call: Call[JobEvent]) -> AsyncIterator[JobEvent]: ...


class _Face(Generic[P, T]):
    def __init__(self, build: Callable[P, Call[T]]) -> None:
        self.build = build
        self.__doc__ = build.__doc__


class Method(_Face[P, T]):
    """A call."""

    @overload
    def __get__(self, runner: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, runner: Runner, owner: Any) -> Callable[P, T]: ...
    def __get__(self, runner: Runner | None, owner: Any) -> Self | Callable[P, T]:
        if runner is None:
            return self

        @wraps(self.build)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            return runner.run(self.build(*args, **kwargs))

        return call


class AsyncMethod(_Face[P, T]):
    """A call, to be awaited."""

    @overload
    def __get__(self, runner: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, runner: AsyncRunner, owner: Any) -> Callable[P, Awaitable[T]]: ...
    def __get__(self, runner: AsyncRunner | None, owner: Any) -> Self | Callable[P, Awaitable[T]]:
        if runner is None:
            return self

        @wraps(self.build)
        async def call(*args: P.args, **kwargs: P.kwargs) -> T:
            return await runner.run(self.build(*args, **kwargs))

        return call


class Events(_Face[P, JobEvent]):
    """A stream of events, as an iterator that reconnects."""

    @overload
    def __get__(self, runner: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, runner: Runner, owner: Any) -> Callable[P, Iterator[JobEvent]]: ...
    def __get__(self, runner: Runner | None, owner: Any) -> Self | Callable[P, Iterator[JobEvent]]:
        if runner is None:
            return self

        @wraps(self.build)
        def call(*args: P.args, **kwargs: P.kwargs) -> Iterator[JobEvent]:
            return runner.follow(self.build(*args, **kwargs))

        return call


class AsyncEvents(_Face[P, JobEvent]):
    """A stream of events, as an asynchronous iterator that reconnects."""

    @overload
    def __get__(self, runner: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, runner: AsyncRunner, owner: Any) -> Callable[P, AsyncIterator[JobEvent]]: ...
    def __get__(
        self, runner: AsyncRunner | None, owner: Any
    ) -> Self | Callable[P, AsyncIterator[JobEvent]]:
        if runner is None:
            return self

        @wraps(self.build)
        def call(*args: P.args, **kwargs: P.kwargs) -> AsyncIterator[JobEvent]:
            return runner.follow(self.build(*args, **kwargs))

        return call


class Pages(Generic[P, T]):
    """The items of all pages of a list, as an iterator that asks for a page when it needs it."""

    def __init__(self, build: Callable[P, Call[Page[T]]]) -> None:
        self.build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, runner: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, runner: Runner, owner: Any) -> Callable[P, Iterator[T]]: ...
    def __get__(self, runner: Runner | None, owner: Any) -> Self | Callable[P, Iterator[T]]:
        if runner is None:
            return self

        @wraps(self.build)
        def iterate(*args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
            call = self.build(*args, **kwargs)
            while True:
                page = runner.run(call)
                yield from page.items
                if page.next_cursor is None:
                    return
                call = call.at(page.next_cursor)

        return iterate


class AsyncPages(Generic[P, T]):
    """As Pages, as an asynchronous iterator."""

    def __init__(self, build: Callable[P, Call[Page[T]]]) -> None:
        self.build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, runner: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, runner: AsyncRunner, owner: Any) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(
        self, runner: AsyncRunner | None, owner: Any
    ) -> Self | Callable[P, AsyncIterator[T]]:
        if runner is None:
            return self

        @wraps(self.build)
        async def iterate(*args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
            call = self.build(*args, **kwargs)
            while True:
                page = await runner.run(call)
                for item in page.items:
                    yield item
                if page.next_cursor is None:
                    return
                call = call.at(page.next_cursor)

        return iterate
