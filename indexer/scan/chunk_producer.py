"""Cutting chunks: written to the ledger, sent to the encoders, never too many ahead of them."""

import time
import uuid
from collections.abc import Iterable, Mapping, Sequence

from indexer.scan.context import ScanContext
from shared.domain.chunk import FileRef
from shared.log import get_logger

_log = get_logger(__name__)

#: A chunk that is not full goes out after this long all the same.
_LONGEST_HOLD = 2.0
_FIRST_POLL = 0.02
_LONGEST_POLL = 0.25
_PAUSE_POLL = 0.5


class ChunkProducer:
    """The chunks of one try of a scan. Methods raise ScanSuperseded, JobEnded, ShuttingDown."""

    def __init__(self, context: ScanContext) -> None:
        self._spec = context.spec
        self._generation = context.generation
        self._jobs = context.stores.jobs
        self._scans = context.stores.scans
        self._dispatcher = context.stores.dispatcher
        self._retry = context.retry
        self._size = context.stores.settings.chunk_size
        self._ahead = context.stores.settings.max_pending_chunks
        self._files: list[FileRef] = []
        self._since = 0.0
        #: Chunks that waited or were in work when Redis was last asked; surely no fewer than now.
        self._pending = 0

    def add(self, files: Iterable[FileRef]) -> None:
        """Put files into chunks, and send those that are full."""
        now = time.monotonic()
        if not self._files:
            self._since = now
        self._files.extend(files)
        full = len(self._files) // self._size * self._size
        due = now - self._since > _LONGEST_HOLD
        self._send(len(self._files) if due else full)

    def flush(self) -> None:
        """Send what there is, in chunks of which the last need not be full."""
        self._send(len(self._files))

    def _send(self, count: int) -> None:
        """Send the first files, as many chunks at once as may lie ahead of the encoders."""
        files, self._files = self._files[:count], self._files[count:]
        if files:
            self._since = time.monotonic()
        cut = [files[at : at + self._size] for at in range(0, count, self._size)]
        while cut:
            room = max(1, self._ahead - self._pending)
            self._dispatch({uuid.uuid4().hex: chunk for chunk in cut[:room]})
            del cut[:room]

    def _dispatch(self, chunks: Mapping[str, Sequence[FileRef]]) -> None:
        """Write and send some chunks; then wait while too much lies ahead of the encoders."""
        job = self._spec.id
        self._pending = self._retry.run(
            lambda: self._scans.add_chunks(job, self._generation, chunks)
        )
        self._retry.run(lambda: self._dispatcher.send_chunks(job, chunks, self._spec.priority))
        _log.debug("chunks_cut", chunks=list(chunks))
        self._wait()

    def wait_while_paused(self) -> None:
        """Return at once unless the job is paused; then when it goes on."""
        while self._retry.run(lambda: self._jobs.require_active(self._spec.id)) == "paused":
            self._retry.sleep(_PAUSE_POLL)

    def _wait(self) -> None:
        poll = _FIRST_POLL
        while self._pending >= self._ahead:
            self._retry.sleep(poll)
            poll = min(poll * 1.5, _LONGEST_POLL)
            self.wait_while_paused()
            self._pending = self._retry.run(lambda: self._scans.pending(self._spec.id))
