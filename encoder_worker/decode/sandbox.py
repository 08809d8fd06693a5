"""A process of its own for files that may kill their decoder.

A chunk that lost its worker is decoded here, one file at a time: a file that takes the process
with it is one failure, and the rest of the chunk goes on in a fresh process.
"""

import multiprocessing
import resource
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any

from encoder_worker.decode.decoder import Picture, decode
from shared.errors import PictureError
from shared.log import get_logger

_log = get_logger(__name__)

#: A minute is a hundred times what the largest sound picture takes.
_SECONDS = 60.0
_START_SECONDS = 60.0
#: Address space of the process beside its pictures, and bytes for each pixel that a picture may
#: have: RGBA, a premultiplied copy, and as much again for the format's own buffers.
_BASE_BYTES = 1 << 30
_BYTES_PER_PIXEL = 16

Decode = Callable[[bytes, int], Picture]


class DecoderSandbox:
    """Decodes in a spawned process, which is started when first needed and again when it died.

    `decode` must be importable by name: it is called in the other process. Safe for threads,
    which take turns.
    """

    def __init__(self, max_pixels: int, decode: Decode = decode, seconds: float = _SECONDS) -> None:
        self._max_pixels = max_pixels
        self._decode = decode
        self._seconds = seconds
        self._lock = threading.Lock()
        # Spawned, never forked: a fork of a process with threads and a network is a gamble.
        self._context = multiprocessing.get_context("spawn")
        self._process: Any = None
        self._pipe: Connection | None = None

    @property
    def pid(self) -> int | None:
        """The process that decodes now, or None before the first file and after a death."""
        return self._process.pid if self._process is not None else None

    def decode(self, data: bytes) -> Picture:
        """Decode one file, as `encoder_worker.decode.decoder.decode` does.

        Raises PictureError, `decoder_crashed` where the process died or took too long.
        """
        with self._lock:
            pipe = self._ready_pipe()
            try:
                pipe.send_bytes(data)
                if not pipe.poll(self._seconds):
                    raise TimeoutError
                reply = pipe.recv()
            except (EOFError, OSError) as error:
                raise self._discard_process(timed_out=isinstance(error, TimeoutError)) from error
        if isinstance(reply, Picture):
            return reply
        raise PictureError(*reply)

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._stop()

    def _ready_pipe(self) -> Connection:
        # A process that died while it idled is no file's fault.
        if self._pipe is not None and not wait([self._process.sentinel], timeout=0):
            return self._pipe
        self._stop()
        return self._start()

    def _start(self) -> Connection:
        ours, theirs = self._context.Pipe()
        self._process = self._context.Process(
            target=_serve,
            args=(theirs, self._decode, self._max_pixels),
            name="decoder-sandbox",
            daemon=True,
        )
        self._process.start()
        theirs.close()
        self._pipe = ours
        # The start has a time of its own; the first file's time begins when it is over.
        try:
            if not ours.poll(_START_SECONDS):
                raise TimeoutError
            ours.recv()
        except (EOFError, OSError) as error:
            self._stop()
            raise PictureError(
                "decoder_crashed", "The decoder for doubtful files could not be started."
            ) from error
        return ours

    def _discard_process(self, *, timed_out: bool) -> PictureError:
        process = self._process
        self._stop()
        if timed_out:
            how = f"did not finish within {self._seconds:.0f} seconds"
        else:
            how = f"died of it ({_cause(process.exitcode)})"
        _log.warning("decoder_crashed", exitcode=process.exitcode, timed_out=timed_out)
        return PictureError("decoder_crashed", f"The decoder {how}; the file is left out.")

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = None


def _serve(pipe: Connection, decode: Decode, max_pixels: int) -> None:
    """The other process: bytes in, a picture or a failure's code and reason out."""
    # Ctrl-C in a terminal reaches the whole group; the worker decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit = _BASE_BYTES + _BYTES_PER_PIXEL * max_pixels
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    pipe.send("ready")
    while True:
        try:
            data = pipe.recv_bytes()
        except EOFError:  # the worker is gone
            return
        try:
            reply: Picture | tuple[str, str] = decode(data, max_pixels)
        except PictureError as error:
            reply = (error.code, error.detail)
        pipe.send(reply)


def _cause(exitcode: int | None) -> str:
    if exitcode is None or exitcode >= 0:
        return f"exit code {exitcode}"
    return signal.Signals(-exitcode).name
