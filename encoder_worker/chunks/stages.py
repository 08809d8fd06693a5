"""What the chunks of a process share: its network, its decoders, its reader."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass

from encoder_worker.chunks.reading import FileReader
from encoder_worker.decode.batch import BatchDecoder
from encoder_worker.encode.encoder import Encoded, Encoder
from shared.retry import ShuttingDown
from shared.settings import Settings

#: Seconds between two checks whether the process is to end.
_STOPPING_CHECK_SECONDS = 0.5


@dataclass(frozen=True)
class Stages:
    """What the chunks of a process share.

    `decode_suspects` decodes the files of a chunk that lost its worker once, each of which may be
    the one that killed it: not on the GPU. `decode_regions` draws the regions of pictures. Setting
    `stopping` ends the work on chunks.
    """

    settings: Settings
    encoder: Encoder
    reader: FileReader
    decode: BatchDecoder
    decode_suspects: BatchDecoder
    decode_regions: BatchDecoder
    stopping: threading.Event

    def check_stopping(self) -> None:
        """Raise ShuttingDown where the process is to end."""
        if self.stopping.is_set():
            raise ShuttingDown

    def wait_encoded(self, futures: Sequence[Future[Encoded]]) -> None:
        """Wait until all are done. Raises ShuttingDown, and cancels them, as `check_stopping`."""
        pending = set(futures)
        while pending:
            _, pending = wait(pending, timeout=_STOPPING_CHECK_SECONDS)
            if pending and self.stopping.is_set():
                for future in pending:
                    future.cancel()
                raise ShuttingDown
