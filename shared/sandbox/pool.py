"""The decoders of one process: quick lanes for nearly all pictures, one slow lane for the rest.

No picture is decoded outside a decoder process. The first attempt is in a quick lane, under a small
budget of processor time; a picture that is costly by its header, that uses its budget up, or whose
decoder dies, is decoded again in the slow lane, which alone has the whole limit and takes one
picture at a time. So slow pictures, however many come together, leave the quick lanes to others.
"""

import math
import queue
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

from shared.errors import DecoderUnavailable, PictureError
from shared.log import get_logger
from shared.pictures.opener import Opened
from shared.sandbox.frames import Request
from shared.sandbox.process import DecoderDied, DecoderProcess, OutOfTime, ProcessSpec
from shared.settings import Settings

_log = get_logger(__name__)

D = TypeVar("D")
D_co = TypeVar("D_co", covariant=True)

#: Processor seconds in a quick lane: pictures of up to 16 megapixels take up to 0.6 in any format.
_QUICK_SECONDS = 1.0
#: A decoder that waits instead of computing, or gets no processor, is stopped after this many times
#: its processor time.
_WALL_SHARE = 2.0
#: The slow lane gives way to what is waited for: a third of a processor's share beside another
#: process.
_SLOW_NICENESS = 3
#: Address space of a process beside its pictures, and bytes for each pixel that a picture may
#: have: RGBA, a premultiplied copy, and as much again for the format's own buffers.
_BASE_BYTES = 1 << 30
_BYTES_PER_PIXEL = 16


@dataclass(frozen=True)
class DecoderLimits:
    """`seconds` of processor time for one picture of at most `max_pixels` and `max_bytes`."""

    max_pixels: int
    max_bytes: int
    seconds: float
    quick_seconds: float = _QUICK_SECONDS

    @property
    def memory_bytes(self) -> int:
        # The file is held twice: as it is received, and by the format's decoder.
        return _BASE_BYTES + _BYTES_PER_PIXEL * self.max_pixels + 2 * self.max_bytes


def limits_of(settings: Settings) -> DecoderLimits:
    """The limits that the settings give."""
    return DecoderLimits(settings.max_pixels, settings.max_file_bytes, settings.decode_seconds)


class View(Protocol[D_co]):
    """What is wanted of a picture: `shared.pictures.square.Square` or `.thumbnail.Thumbnail`."""

    def draw(self, opened: Opened, size: tuple[int, int], /) -> D_co: ...


class DecoderPool:
    """Decoder processes, started when they are first needed or by `start`. Safe for threads."""

    def __init__(self, limits: DecoderLimits, lanes: int, module: str = ProcessSpec.module) -> None:
        self._limits = limits
        quick = ProcessSpec(limits.memory_bytes, module=module)
        slow = ProcessSpec(limits.memory_bytes, niceness=_SLOW_NICENESS, module=module)
        self._all_quick = [DecoderProcess(quick) for _ in range(lanes)]
        # The process used last is used next: its memory is still in the caches.
        self._idle: queue.LifoQueue[DecoderProcess] = queue.LifoQueue()
        for process in self._all_quick:
            self._idle.put(process)
        self._slow = DecoderProcess(slow)
        self._slow_turn = threading.Condition()
        self._slow_taken = False
        self._closed = False
        self._start_logged = False

    def start(self) -> None:
        """Start the quick lanes. Raises DecoderUnavailable."""
        with ThreadPoolExecutor(len(self._all_quick)) as threads:
            list(threads.map(DecoderProcess.start, self._all_quick))
        self._log_start(self._all_quick[0])

    def decode_quickly(self, data: bytes, view: View[D]) -> D | None:
        """Decode in a quick lane; None where it takes the slow lane to tell.

        Raises PictureError as `shared.pictures.opener.open_picture` does, DecoderUnavailable.
        """
        seconds = min(self._limits.quick_seconds, self._limits.seconds)
        with self._quick_lane() as process:
            try:
                return self._run(process, data, view, seconds, any_cost=False)
            except (DecoderDied, OutOfTime):
                return None

    def decode_slowly(
        self, data: bytes, view: View[D], *, begin_by: float = math.inf, end_by: float = math.inf
    ) -> D:
        """Decode in the slow lane, once it is free.

        `begin_by` and `end_by` are times of `time.monotonic`: who waits for the lane until the one,
        or decodes until the other, is refused. Raises PictureError as `decode_quickly` does, and
        `too_slow`, `decoder_crashed`; DecoderUnavailable.
        """
        seconds = self._limits.seconds
        with self._slow_lane(begin_by):
            try:
                drawn = self._run(self._slow, data, view, seconds, any_cost=True, end_by=end_by)
            except OutOfTime as error:
                _log.warning("decoder_stopped", seconds=seconds, bytes=len(data))
                late = time.monotonic() >= end_by
                limit = "than the search waits" if late else f"than {seconds:g} seconds"
                raise PictureError(
                    "too_slow", f"The picture takes longer to decode {limit}."
                ) from error
            except DecoderDied as error:
                _log.warning("decoder_crashed", cause=str(error), bytes=len(data))
                raise PictureError(
                    "decoder_crashed", f"The decoder {error}; the file is left out."
                ) from error
        assert drawn is not None  # noqa: S101 - only where a cost is refused
        return drawn

    def decode(self, data: bytes, view: View[D]) -> D:
        """Decode in whichever lane it takes. Raises as `decode_slowly` does."""
        drawn = self.decode_quickly(data, view)
        return self.decode_slowly(data, view) if drawn is None else drawn

    def close(self) -> None:
        """End every process. Calls that are in work end with DecoderUnavailable."""
        with self._slow_turn:
            self._closed = True
            self._slow_turn.notify_all()
        for process in (*self._all_quick, self._slow):
            process.kill()
        free = [self._idle.get() for _ in self._all_quick]
        for process in free:
            process.stop()
            self._idle.put(process)
        with self._slow_turn:
            self._slow_turn.wait_for(lambda: not self._slow_taken)
            self._slow.stop()

    def _run(
        self,
        process: DecoderProcess,
        data: bytes,
        view: View[D],
        seconds: float,
        *,
        any_cost: bool,
        end_by: float = math.inf,
    ) -> D | None:
        # What a view draws is what its reply holds: frames.read_reply checks it.
        wanted = cast("Any", view)
        request = Request(data, wanted, self._limits.max_pixels, seconds, any_cost)
        process.start()
        self._log_start(process)
        reply = process.run(request, min(_WALL_SHARE * seconds, end_by - time.monotonic()))
        if isinstance(reply, PictureError):
            raise reply
        return cast("D | None", reply)

    @contextmanager
    def _quick_lane(self) -> Iterator[DecoderProcess]:
        process = self._idle.get()
        try:
            self._check_open()
            yield process
        finally:
            self._idle.put(process)

    @contextmanager
    def _slow_lane(self, begin_by: float) -> Iterator[None]:
        wait = None if math.isinf(begin_by) else max(0.0, begin_by - time.monotonic())
        with self._slow_turn:
            free = self._slow_turn.wait_for(lambda: self._closed or not self._slow_taken, wait)
            self._check_open()
            if not free:
                raise PictureError(
                    "too_slow",
                    "The picture is slow to decode, as others are that came before it; try later.",
                )
            self._slow_taken = True
        try:
            yield
        finally:
            with self._slow_turn:
                self._slow_taken = False
                self._slow_turn.notify()

    def _log_start(self, process: DecoderProcess) -> None:
        if self._start_logged:
            return
        self._start_logged = True
        if process.unconfined:
            _log.warning("decoders_not_confined", lacking=process.unconfined.splitlines())
        else:
            _log.info("decoders_confined", by="Landlock, seccomp", lanes=len(self._all_quick))

    def _check_open(self) -> None:
        if self._closed:
            raise DecoderUnavailable(
                "decoder_unavailable", "The process that decodes pictures has ended."
            )
