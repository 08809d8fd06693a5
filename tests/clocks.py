"""Hosts whose clocks are wrong."""

import contextlib
import threading
import time
from collections.abc import Iterator
from unittest.mock import patch


@contextlib.contextmanager
def host_clock(offset: float) -> Iterator[None]:
    """What this thread calls meanwhile runs on a host whose clock is `offset` seconds ahead.

    Other threads keep theirs: gRPC, for one, has its deadlines from the clock.
    """
    now, now_ns, here = time.time, time.time_ns, threading.get_ident()

    def ahead() -> float:
        return offset if threading.get_ident() == here else 0.0

    with (
        patch.object(time, "time", lambda: now() + ahead()),
        patch.object(time, "time_ns", lambda: now_ns() + int(ahead() * 1e9)),
    ):
        yield
