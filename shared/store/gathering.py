"""Searches that arrive together are sent to Milvus as one call.

Sixteen vectors in one call cost little more than one. While a call is on its way, the searches that
could have gone with it wait and go together as soon as it is back; a lone search never waits.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from shared.store.rows import Row

Vector = Sequence[float]

#: Vectors of one call, and the hits that they may ask for together: a row may have 64 KiB of
#: metadata, and milvus-lite sends 256 MiB at the most.
_MOST_VECTORS, _MOST_HITS = 64, 2048
#: A call that takes longer, as where Milvus loads the collection first, holds up no others.
_PATIENCE_SECONDS = 1.0


class Target(NamedTuple):
    """What searches must have in common to go together; `partition` "" for all rows."""

    collection: str
    partition: str
    expression: str
    fields: tuple[str, ...]
    parameters: tuple[tuple[str, int | float], ...]


#: Hits for each vector, best first: `limit` of them, or all that there are.
Search = Callable[[Target, Sequence[Vector], int], Awaitable[Sequence[Sequence[Any]]]]


class _Waiting(NamedTuple):
    vector: Vector
    limit: int
    found: asyncio.Future[Sequence[Row]]


class GatheredSearch:
    """Runs searches, gathered by their target. For one event loop."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._waiting: dict[Target, list[_Waiting]] = {}
        self._sending: set[Target] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def nearest(self, target: Target, vector: Vector, limit: int) -> Sequence[Row]:
        """The `limit` nearest rows to a vector. Raises what the call raises, as all it held do."""
        waiting = _Waiting(vector, limit, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(target, []).append(waiting)
        if target not in self._sending:
            self._sending.add(target)
            self._start(self._send_all(target))
        return await waiting.found

    def _start(self, work: Any) -> asyncio.Task[None]:
        # Not in the caller's task: a client that goes away ends no search of another's.
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _send_all(self, target: Target) -> None:
        try:
            while waiting := self._waiting.pop(target, None):
                group = _first_group(waiting)
                if len(group) < len(waiting):
                    self._waiting[target] = waiting[len(group) :]
                await asyncio.wait(
                    {self._start(self._send(target, group))}, timeout=_PATIENCE_SECONDS
                )
        finally:
            self._sending.discard(target)

    async def _send(self, target: Target, group: Sequence[_Waiting]) -> None:
        wanted = [waiting for waiting in group if not waiting.found.done()]
        if not wanted:
            return
        limit = max(waiting.limit for waiting in wanted)
        try:
            found = await self._search(target, [waiting.vector for waiting in wanted], limit)
            rows = [[dict(hit) for hit in hits] for hits in found]
            for waiting, hits in zip(wanted, rows, strict=True):
                if not waiting.found.done():
                    waiting.found.set_result(hits[: waiting.limit])
        except Exception as error:  # noqa: BLE001 - raised to each caller
            for waiting in wanted:
                if not waiting.found.done():
                    waiting.found.set_exception(error)
        finally:
            # A call that was cancelled, as gRPC does when its channel closes.
            for waiting in wanted:
                waiting.found.cancel()


def _first_group(waiting: Sequence[_Waiting]) -> Sequence[_Waiting]:
    """The first of those that wait, at least one, as far as they fit into one call."""
    limit, count = 0, 0
    for member in waiting[:_MOST_VECTORS]:
        limit = max(limit, member.limit)
        if count and limit * (count + 1) > _MOST_HITS:
            break
        count += 1
    return waiting[:count]
