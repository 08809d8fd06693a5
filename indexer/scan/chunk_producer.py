"""Cutting chunks: written to the ledger and sent to the encoders, up to a limit of pending ones."""

import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence

from indexer.scan.context import HOLD_SECONDS, ScanContext
from indexer.scan.pending_limit import PendingLimit
from shared.domain.chunk import FileRef
from shared.log import get_logger

_log = get_logger(__name__)

#: Seconds after which a chunk is sent even if it is not full.
_MAX_HOLD_SECONDS = 2.0
_FIRST_POLL_SECONDS = 0.02
_MAX_POLL_SECONDS = 0.25


def _any_name(_: Sequence[FileRef]) -> str:
    return uuid.uuid4().hex


class ChunkProducer:
    """The chunks of one try of a scan.

    Methods raise ScanSuperseded, ScanSuspended, JobEnded, ShuttingDown.
    """

    def __init__(
        self, context: ScanContext, name: Callable[[Sequence[FileRef]], str] = _any_name
    ) -> None:
        """`name` gives a chunk of these files its id, which no other of the job has."""
        self._name = name
        self._context = context
        self._spec = context.spec
        self._generation = context.generation
        self._jobs = context.stores.jobs
        self._scans = context.stores.scans
        self._dispatcher = context.stores.dispatcher
        self._retry = context.retry
        self._size = context.stores.settings.chunk_size
        self._limit = PendingLimit(context.stores.settings)
        self._sent = 0
        self._files: list[FileRef] = []
        self._since = 0.0
        #: Pending chunks when Redis was last asked; there are no more than these now.
        self._pending = 0

    def add(self, files: Iterable[FileRef]) -> None:
        """Put files into chunks, and send the full ones."""
        now = time.monotonic()
        if not self._files:
            self._since = now
        self._files.extend(files)
        full = len(self._files) // self._size * self._size
        due = now - self._since > _MAX_HOLD_SECONDS
        self._send(len(self._files) if due else full)

    def flush(self) -> None:
        """Send all files that are left; the last chunk need not be full."""
        self._send(len(self._files))

    def _send(self, count: int) -> None:
        """Send the first `count` files, as many chunks at once as the limit allows."""
        files, self._files = self._files[:count], self._files[count:]
        if files:
            self._since = time.monotonic()
        cut = [files[at : at + self._size] for at in range(0, count, self._size)]
        while cut:
            room = max(1, self._limit.chunks - self._pending)
            self._dispatch({self._name(chunk): chunk for chunk in cut[:room]})
            del cut[:room]

    def _dispatch(self, chunks: Mapping[str, Sequence[FileRef]]) -> None:
        """Write and send some chunks; then wait while the limit of pending chunks is reached."""
        job = self._spec.id
        pending = self._scans.add_chunks(job, self._generation, chunks)
        self._sent += len(chunks)
        self._observe(pending)
        self._dispatcher.send_chunks(job, chunks, self._spec.priority)
        _log.debug("chunks_cut", chunks=list(chunks))
        self._wait_until(lambda: self._pending < self._limit.chunks)

    def wait_until_reported(self) -> bool:
        """Wait for a moment until no chunk of the job is pending; returns whether none is."""
        deadline, poll = time.monotonic() + HOLD_SECONDS, _FIRST_POLL_SECONDS
        while self._scans.pending(self._spec.id):
            self._jobs.require_active(self._spec.id)
            if time.monotonic() > deadline:
                return False
            self._retry.sleep(poll)
            poll = min(poll * 1.5, _MAX_POLL_SECONDS)
        return True

    def _observe(self, pending: int) -> None:
        self._pending = pending
        self._limit.observe(self._sent, pending, time.monotonic())

    def _wait_until(self, condition: Callable[[], bool]) -> None:
        poll = _FIRST_POLL_SECONDS
        while not condition():
            self._retry.sleep(poll)
            poll = min(poll * 1.5, _MAX_POLL_SECONDS)
            self._context.wait_while_paused()
            self._observe(self._scans.pending(self._spec.id))
