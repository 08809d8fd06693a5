"""Cutting chunks: written to the ledger, sent to the encoders, never too many ahead of them."""

import time
import uuid

from indexer.persistence import Persistence
from shared.ledger import ScanEnded, Scans
from shared.log import get_logger
from shared.messages import FINISHED, FileRef, JobSpec
from shared.queues import Dispatcher
from shared.settings import Settings

_log = get_logger(__name__)

#: A chunk that is not full goes out after this long all the same.
_LONGEST_HOLD = 2.0
_FIRST_POLL = 0.02
_LONGEST_POLL = 0.25
_PAUSE_POLL = 0.5


class Chunking:
    """The chunks of one try of a scan. Methods raise ScanSuperseded, ScanEnded, Stopped."""

    def __init__(
        self,
        spec: JobSpec,
        generation: int,
        scans: Scans,
        dispatcher: Dispatcher,
        persistence: Persistence,
        settings: Settings,
    ) -> None:
        self._spec = spec
        self._generation = generation
        self._scans = scans
        self._dispatcher = dispatcher
        self._persistence = persistence
        self._size = settings.chunk_size
        self._ahead = settings.chunks_ahead
        self._files: list[FileRef] = []
        self._since = 0.0

    def add(self, file: FileRef) -> None:
        """Put a file into the next chunk, and send the chunk once it is full."""
        if not self._files:
            self._since = time.monotonic()
        self._files.append(file)
        if len(self._files) >= self._size:
            self.flush()

    def flush_if_due(self) -> None:
        """Send a chunk that has waited for more files long enough."""
        if self._files and time.monotonic() - self._since > _LONGEST_HOLD:
            self.flush()

    def flush(self) -> None:
        """Send what there is; then wait while too much lies ahead of the encoders."""
        if not self._files:
            return
        files, self._files = self._files, []
        chunk = uuid.uuid4().hex
        _, pending = self._persistence.run(
            lambda: self._scans.add_chunk(self._spec.id, self._generation, files, chunk)
        )
        self._persistence.run(
            lambda: self._dispatcher.send_chunk(self._spec.id, chunk, self._spec.priority)
        )
        _log.debug("chunk_cut", chunk=chunk, files=len(files))
        self._wait(pending)

    def hold_while_paused(self) -> None:
        """Return at once unless the job is paused; then when it goes on."""
        while self._persistence.run(self._status) == "paused":
            self._persistence.sleep(_PAUSE_POLL)

    def _wait(self, pending: int) -> None:
        poll = _FIRST_POLL
        while pending >= self._ahead:
            self._persistence.sleep(poll)
            poll = min(poll * 1.5, _LONGEST_POLL)
            self.hold_while_paused()
            pending = self._persistence.run(lambda: self._scans.pending(self._spec.id))

    def _status(self) -> str:
        status = self._scans.status(self._spec.id)
        if status is None or status in FINISHED:
            raise ScanEnded
        return status
