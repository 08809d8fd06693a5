"""Turns at a milvus-lite collection.

milvus-lite serves several processes but guards no collection against two writers: of two that
write at once, one's rows may go to a log that the other's flush deletes, and are gone when the
server is killed; a row that is being flushed is seen by no reader. So whoever writes, or must
not overlook a row, takes turns by a file lock, which frees itself when its process dies. A
Milvus server needs none of this.
"""

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from shared.errors import Unavailable

#: Longer than any single call takes its turn for.
_PATIENCE_SECONDS = 30.0
#: A call whose caller was killed may still run in the server for about this long.
_SETTLE_SECONDS = 1.0
_LONGEST_NAP = 0.02

_IDLE, _WRITING = b"0", b"1"


class CollectionLock:
    """The turns of one machine's processes; `folder` is where their locks lie."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def reading(self, collection: str) -> Iterator[None]:
        """Keep writers out. Raises Unavailable `milvus_unavailable` when the turn never comes."""
        with self._lock_file(collection) as lock:
            for nap in _until_locked(lock):
                time.sleep(nap)
            yield

    @contextlib.asynccontextmanager
    async def reading_async(self, collection: str) -> AsyncIterator[None]:
        """As `reading`, for an event loop."""
        with self._lock_file(collection) as lock:
            for nap in _until_locked(lock):
                await asyncio.sleep(nap)
            yield

    @contextlib.contextmanager
    def writing(self, collection: str) -> Iterator[None]:
        """Keep everyone else out. Raises as `reading`.

        A write that ends in Unavailable may still go on in the server: the next turn is then
        given a moment later, as after a writer that was killed.
        """
        with self._lock_file(collection) as lock:
            for nap in _until_locked(lock):
                time.sleep(nap)
            os.pwrite(lock, _WRITING, 0)
            try:
                yield
            except Unavailable:
                raise
            except Exception:
                os.pwrite(lock, _IDLE, 0)
                raise
            os.pwrite(lock, _IDLE, 0)

    @contextlib.contextmanager
    def _lock_file(self, collection: str) -> Iterator[int]:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"milvus-{collection}.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def _until_locked(lock: int) -> Iterator[float]:
    """Seconds to sleep, again and again, until the lock is ours."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    nap = 0.001
    while not _locked(lock):
        if time.monotonic() > deadline:
            raise Unavailable(
                "milvus_unavailable", "Milvus is busy with other writes; try again later."
            )
        yield nap
        nap = min(nap * 2, _LONGEST_NAP)
    if os.pread(lock, 1, 0) == _WRITING:
        yield _SETTLE_SECONDS
        os.pwrite(lock, _IDLE, 0)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
