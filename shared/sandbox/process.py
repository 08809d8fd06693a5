"""One decoder process, seen from its parent: started, asked, and killed when it takes too long."""

import os
import signal
import socket
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from shared.errors import DecoderUnavailable, PictureError
from shared.log import get_logger
from shared.sandbox.connection import Connection
from shared.sandbox.frames import (
    Drawn,
    GarbledReply,
    ReplyKind,
    Request,
    pack_request,
    read_reply,
    read_text,
)

_log = get_logger(__name__)

#: Importing the decoders takes half a second; a machine that swaps takes longer.
_START_SECONDS = 60.0
#: A process that closed its socket is ending; more than this and it is helped.
_END_SECONDS = 1.0
#: The checkout, which a decoder's process imports its modules from.
_ROOT = Path(__file__).parents[2]


class DecoderDied(Exception):
    """The process died, or was killed for what it sent; the message says of what."""


class OutOfTime(Exception):
    """The processor time or the wall-clock time of a picture was used up."""


@dataclass(frozen=True)
class ProcessSpec:
    """How a decoder process is started. `module` is run with the socket, memory and niceness."""

    memory_bytes: int
    niceness: int = 0
    module: str = "shared.sandbox.child"


class DecoderProcess:
    """Decodes in a process that is started when it is needed. For one thread at a time."""

    def __init__(self, spec: ProcessSpec) -> None:
        self._spec = spec
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None
        #: Why Landlock does not hold in the process; empty if it does or nothing was started.
        self.unconfined = ""

    @property
    def pid(self) -> int | None:
        """The process that decodes now, or None before the first picture and after a death."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start the process, unless one is waiting. Raises DecoderUnavailable."""
        # A process that died while it idled is no picture's fault.
        if self._process is not None and self._process.poll() is None:
            return
        self.stop()
        try:
            self._spawn()
            assert self._connection is not None  # noqa: S101 - set by _spawn
            deadline = time.monotonic() + _START_SECONDS
            self.unconfined = read_text(Connection(self._connection, deadline), ReplyKind.READY)
        except (OSError, EOFError, GarbledReply, struct.error) as error:
            exit_code = self._process.poll() if self._process is not None else None
            self.stop()
            _log.exception("decoder_start_failed", module=self._spec.module, exit_code=exit_code)
            raise DecoderUnavailable(
                "decoder_unavailable", "The process that decodes pictures cannot be started."
            ) from error

    def run(self, request: Request, wall_seconds: float) -> Drawn | PictureError | None:
        """Decode; None for a costly picture where `request` wants none.

        Raises DecoderDied, OutOfTime, DecoderUnavailable.
        """
        self.start()
        assert self._connection is not None  # noqa: S101 - set by start
        decoder = Connection(self._connection, time.monotonic() + wall_seconds)
        try:
            decoder.write(pack_request(request), request.data)
            return read_reply(decoder, request)
        except TimeoutError as error:
            self.stop()
            raise OutOfTime from error
        except (EOFError, OSError) as error:
            raise self._cause_of_death() from error
        except (GarbledReply, ValueError) as error:
            self.stop()
            raise DecoderDied("sent an invalid reply") from error

    def kill(self) -> None:
        """Kill the process, if there is one; a `run` in another thread ends with DecoderDied."""
        process = self._process
        if process is not None:
            process.kill()

    def stop(self) -> None:
        """Kill the process, if there is one, and free what belongs to it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None

    def _spawn(self) -> None:
        ours, theirs = socket.socketpair()
        self._connection = ours
        spec = self._spec
        arguments = (theirs.fileno(), spec.memory_bytes, spec.niceness)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, and numbers
                (sys.executable, "-m", spec.module, *map(str, arguments)),
                cwd=_ROOT,
                # No secret of the parent's; and no threads, which Landlock would not hold.
                env={
                    "PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT), *sys.path))),
                    "PYTHONUTF8": "1",
                    "OPENBLAS_NUM_THREADS": "1",
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
            )

    def _cause_of_death(self) -> DecoderDied | OutOfTime:
        assert self._process is not None  # noqa: S101 - it was asked something
        try:
            exit_code = self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            exit_code = 0
        self.stop()
        if exit_code == -signal.SIGPROF:
            return OutOfTime()
        if exit_code < 0:
            return DecoderDied(f"died of {signal.Signals(-exit_code).name}")
        return DecoderDied(f"ended with exit code {exit_code}")
