"""How many chunks a scan keeps ahead of the encoders: the work of some seconds, as measured.

A number fit for one slow processor leaves a hundred GPUs without work, and one fit for those keeps
the files of hours in Redis for the processor.
"""

import math
from collections import deque
from typing import NamedTuple

from shared.settings import Settings

#: Seconds over which the speed is measured.
_WINDOW_SECONDS = 30.0
#: Less time apart, samples are not worth keeping.
_SAMPLE_SECONDS = 0.2


class _Sample(NamedTuple):
    """How many chunks had been reported at a time, in seconds of any monotonic clock."""

    time: float
    reported: int


class PendingLimit:
    """The limit of one scan's pending chunks, between the settings' two bounds.

    While encoders wait for more chunks than the limit allows, each measurement is of more chunks
    than the last one, so that the limit grows until they are the slower side.
    """

    def __init__(self, settings: Settings) -> None:
        self._highest = settings.max_pending_chunks
        self._lowest = min(settings.min_pending_chunks, self._highest)
        self._seconds = settings.pending_seconds
        self._samples: deque[_Sample] = deque()
        #: Chunks that may be pending now.
        self.chunks = self._lowest

    def observe(self, sent: int, pending: int, now: float) -> None:
        """Measure: `sent` chunks were sent since the scan began, and `pending` of all are left."""
        current = _Sample(now, sent - pending)
        samples = self._samples
        while len(samples) > 1 and samples[1].time <= now - _WINDOW_SECONDS:
            samples.popleft()
        if not samples or now - samples[-1].time >= _SAMPLE_SECONDS:
            samples.append(current)
        passed = now - samples[0].time
        if passed >= _SAMPLE_SECONDS:
            speed = (current.reported - samples[0].reported) / passed
            wanted = math.ceil(speed * self._seconds)
            self.chunks = max(self._lowest, min(wanted, self._highest))
