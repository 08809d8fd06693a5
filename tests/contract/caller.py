"""Methods of either client, called by their names."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterator
from typing import Any

import pytest

from lookalike_client import ApiError, AsyncClient, Client


class Caller:
    """Calls methods by name, whichever client has them, and remembers which it called."""

    def __init__(self, client: Client | AsyncClient, runner: asyncio.Runner) -> None:
        self._client, self._runner = client, runner
        self.called: set[str] = set()

    def __call__(self, name: str, *arguments: Any, **keywords: Any) -> Any:
        """What a method gives; of an iterator the list of its items."""
        self.called.add(name)
        result = getattr(self._client, name)(*arguments, **keywords)
        if isinstance(result, Awaitable):
            return self._runner.run(_awaited(result))
        if isinstance(result, AsyncIterator):
            return self._runner.run(_listed(result))
        return list(result) if isinstance(result, Iterator) else result

    def first(self, name: str, *arguments: Any, **keywords: Any) -> Any:
        """The first event of a stream that has no end."""
        self.called.add(name)
        stream = getattr(self._client, name)(*arguments, **keywords)
        if isinstance(stream, AsyncGenerator):
            event = self._runner.run(anext(stream))
            self._runner.run(stream.aclose())
        else:
            event = next(stream)
            stream.close()
        return event

    def refused(self, code: str, name: str, *arguments: Any, **keywords: Any) -> None:
        """A call that there is nothing for here: the error is an exception with its code."""
        with pytest.raises(ApiError) as caught:
            self(name, *arguments, **keywords)
        assert caught.value.code == code, caught.value


async def _awaited(result: Awaitable[Any]) -> Any:
    return await result


async def _listed(result: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in result]
