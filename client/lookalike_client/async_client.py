"""The asynchronous client."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from itertools import islice
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from lookalike_client.call import Call
from lookalike_client.errors import LookalikeError
from lookalike_client.events import EventFeed
from lookalike_client.exchange import Answer, Retries, perform, prepared
from lookalike_client.http import (
    STREAM_TIMEOUT,
    Server,
    failure_of,
    headers_of,
    reply_of,
    request_of,
)
from lookalike_client.methods import AsyncCalls
from lookalike_client.uploads import BatchOutcome, FolderUpload
from lookalike_client.values import JobEvent

T = TypeVar("T")


class AsyncClient(AsyncCalls):
    """Lookalike's API, awaited. As `Client`; tasks of one loop may share it."""

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = 60.0,
        retries: Retries | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._server = Server.named(url, api_key)
        self.retries = retries or Retries()
        self._sleep = sleep
        self._http = httpx.AsyncClient(
            base_url=self._server.url,
            headers=self._server.headers,
            timeout=timeout,
            transport=transport,
        )

    @property
    def url(self) -> str:
        """The server's address."""
        return self._server.url

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def run(self, call: Call[T], retries: Retries | None = None) -> T:
        """Perform a call of `lookalike_client.calls`."""
        call = prepared(call)
        steps = perform(call, retries or self.retries)
        try:
            step = next(steps)
            while True:
                if step is None:
                    step = steps.send(await self._send(call))
                else:
                    await self._sleep(step)
                    step = next(steps)
        except StopIteration as stop:
            result: T = stop.value
            return result

    async def follow(self, call: Call[JobEvent]) -> AsyncIterator[JobEvent]:
        """The events of a call that streams them, over as many connections as it takes."""
        feed = EventFeed(call, self.retries)
        while not feed.ended:
            await self._sleep(feed.wait)
            try:
                with request_of(feed.request) as request:
                    async with self._http.stream(**request, timeout=STREAM_TIMEOUT) as response:
                        head = response.status_code, headers_of(response)
                        if response.status_code != 200:
                            feed.opened(*head, await response.aread())
                            continue
                        feed.opened(*head)
                        async for text in response.aiter_text():
                            for event in feed.take(text):
                                yield event
                feed.lost()
            except httpx.TransportError as error:
                feed.lost(failure_of(error, self.url))

    async def upload_folder(
        self, upload: FolderUpload, *, parallel: int = 4
    ) -> AsyncIterator[BatchOutcome]:
        """As the synchronous client's."""
        batches = upload.batches(await self.get_system())

        def start(count: int) -> set[asyncio.Task[BatchOutcome]]:
            return {
                asyncio.create_task(self._drive(upload.steps(batch)))
                for batch in islice(batches, count)
            }

        running, done = start(parallel), set[asyncio.Task[BatchOutcome]]()
        try:
            while running:
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                running |= start(len(done))
                for task in done:
                    yield task.result()
        finally:
            for task in running:
                task.cancel()
            # Those that have failed, too, are asked, as asyncio wants it.
            await asyncio.gather(*running, *done, return_exceptions=True)

    async def _drive(self, steps: Generator[Call[Any], Any, T]) -> T:
        """Perform the calls of a procedure one after the other; returns what it returns."""
        try:
            # It reads files, which would hold up the loop.
            call = await asyncio.to_thread(next, steps)
            while True:
                try:
                    result = await self.run(call, FolderUpload.retries)
                except LookalikeError as error:
                    call = steps.throw(error)
                else:
                    call = steps.send(result)
        except StopIteration as stop:
            value: T = stop.value
            return value

    async def _send(self, call: Call[Any]) -> Answer:
        try:
            with request_of(call) as request:
                return reply_of(await self._http.request(**request))
        except httpx.TransportError as error:
            return failure_of(error, self.url)
