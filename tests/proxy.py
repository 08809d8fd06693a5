"""A TCP proxy before a store, which cuts connections after some bytes, or never answers."""

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Coroutine
from typing import Any, Literal, TypeVar

T = TypeVar("T")

Direction = Literal["request", "reply"]
_BLOCK = 1 << 16


class Proxy:
    """Passes bytes between clients and a port of 127.0.0.1, on a port of its own."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._direction: Direction = "request"
        self._left: int | None = None
        self._again = 0
        #: How often all connections were cut, and how many bytes were passed on.
        self.cuts = 0
        self.passed: Counter[Direction] = Counter()
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def cut_after(self, count: int, direction: Direction, *, again: bool = False) -> None:
        """Cut all connections once `count` more bytes have gone in a direction.

        With `again`, also those that are made afterwards, until `heal`.
        """
        self._run(self._arm(count, direction, count if again else 0))

    def swallow(self) -> None:
        """Accept connections and bytes, and answer nothing, until `heal`."""
        self._run(self._close_gate())

    def heal(self) -> None:
        """Pass everything on again; connections that were not answered are cut."""
        self._run(self._heal())

    def close(self) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _arm(self, count: int, direction: Direction, again: int) -> None:
        self._left, self._direction, self._again = count, direction, again

    async def _close_gate(self) -> None:
        self._open.clear()

    async def _heal(self) -> None:
        self._left = None
        if not self._open.is_set():
            self._cut()
            self._open.set()

    async def _end(self) -> None:
        self._server.close()
        self._open.set()
        while self._tasks:
            self._cut()
            await asyncio.wait(list(self._tasks), timeout=1)

    def _cut(self) -> None:
        self.cuts += 1
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            with contextlib.suppress(OSError):
                await self._connect(reader, writer)
        finally:
            self._writers.discard(writer)
            self._tasks.discard(task)
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        their_reader, their_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers.add(their_writer)
        ways = (
            asyncio.create_task(self._pass(reader, their_writer, "request")),
            asyncio.create_task(self._pass(their_reader, writer, "reply")),
        )
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._writers.discard(their_writer)
            their_writer.transport.abort()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: Direction
    ) -> None:
        while data := await reader.read(_BLOCK):
            await self._open.wait()
            cut = False
            if self._left is not None and direction == self._direction:
                cut = len(data) >= self._left
                data = data[: self._left]
                self._left -= len(data)
            self.passed[direction] += len(data)
            writer.write(data)
            await writer.drain()
            if cut:
                self._left = self._again or None
                await asyncio.sleep(0.01)
                self._cut()
                return
