"""The one network of a process, shared by all of its threads.

Pictures are submitted one by one, by chunks and queries alike, and wait in one queue. Each stream
of the runtime takes what is queued, up to a batch, and never waits for more: an idle encoder
answers a lone picture at once, a busy one finds full batches.
"""

import collections
import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from encoder_worker.encode.runtime import Descriptors, Pixels, Runtime
from encoder_worker.errors import EncoderFailed
from shared.domain.fingerprint import Pooling
from shared.errors import PictureError
from shared.log import get_logger

_log = get_logger(__name__)

#: Seconds over which the heartbeat's images a second are taken.
_RATE_SECONDS = 10.0


class Encoded(NamedTuple):
    """A unit vector, float32 (512,), and the picture's share of its forward pass in seconds."""

    vector: NDArray[np.float32]
    seconds: float


class _Waiting(NamedTuple):
    pixels: Pixels
    pooling: Pooling
    deadline: float
    future: Future[Encoded]
    part: bool


class Encoder:
    """Turns pixels into unit vectors."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._encoded: collections.deque[tuple[float, int]] = collections.deque()
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._streams = [
            threading.Thread(target=self._run, name=f"stream-{number}", daemon=True)
            for number in range(runtime.streams)
        ]
        for stream in self._streams:
            stream.start()

    def submit(
        self,
        pixels: Pixels,
        pooling: Pooling,
        deadline: float = float("inf"),
        *,
        part: bool = False,
    ) -> Future[Encoded]:
        """Queue a picture, uint8 (224, 224, 3).

        The future raises PictureError `blank_vector` for a vector without direction,
        EncoderFailed where the forward pass failed, and is cancelled where nobody took the
        picture up before `deadline` (of `time.monotonic`). A `part` of a picture is none of the
        `images_per_second`.
        """
        future: Future[Encoded] = Future()
        self._queue.put(_Waiting(pixels, pooling, deadline, future, part))
        return future

    @property
    def weights(self) -> str:
        """The name of the runtime's weights, which goes into fingerprints."""
        return self.runtime.weights

    @property
    def images_per_second(self) -> float:
        """Whole pictures encoded per second, over the last ten seconds."""
        now = time.monotonic()
        with self._lock:
            while self._encoded and self._encoded[0][0] < now - _RATE_SECONDS:
                self._encoded.popleft()
            count = sum(number for _, number in self._encoded)
        return round(count / min(_RATE_SECONDS, max(1.0, now - self._began)), 2)

    def close(self) -> None:
        """End the streams once everything queued is encoded."""
        for _ in self._streams:
            self._queue.put(None)
        for stream in self._streams:
            stream.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batch = [first]
            ending = False
            while len(batch) < self.runtime.batch_size and not ending:
                try:
                    waiting = self._queue.get_nowait()
                except queue.Empty:
                    break
                if waiting is None:
                    ending = True
                else:
                    batch.append(waiting)
            now = time.monotonic()
            self._forward([item for item in batch if _claim(item, now)])
            if ending:
                return

    def _forward(self, batch: Sequence[_Waiting]) -> None:
        if not batch:
            return
        began = time.perf_counter()
        try:
            descriptors = self.runtime.forward(
                [item.pixels for item in batch], [item.pooling for item in batch]
            )
        except Exception as error:  # noqa: BLE001 - a stream must go on to answer the callers
            _log.exception("forward_failed", pictures=len(batch))
            for item in batch:
                item.future.set_exception(EncoderFailed(str(error)))
            return
        seconds = (time.perf_counter() - began) / len(batch)
        images = sum(not item.part for item in batch)
        with self._lock:
            self._encoded.append((time.monotonic(), images))
        for item, vector in zip(batch, normalise(descriptors), strict=True):
            if np.isfinite(vector).all():
                item.future.set_result(Encoded(vector, seconds))
            else:
                item.future.set_exception(
                    PictureError(
                        "blank_vector", "The network sees nothing in this picture to find it by."
                    )
                )


def normalise(descriptors: Descriptors) -> Descriptors:
    """Rows of unit length, in float32; a row without length or with no finite one is NaN."""
    wide = descriptors.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        lengths = np.sqrt((wide * wide).sum(axis=1, keepdims=True))
        unit: Descriptors = np.where(lengths > 0, wide / lengths, np.nan).astype(np.float32)
    return unit


def _claim(item: _Waiting, now: float) -> bool:
    if item.deadline < now:
        item.future.cancel()
    return item.future.set_running_or_notify_cancel()
