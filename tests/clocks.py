"""Hosts whose clocks are wrong."""

import contextlib
import time
from collections.abc import Iterator
from unittest.mock import patch


@contextlib.contextmanager
def host_clock(offset: float) -> Iterator[None]:
    """What is called meanwhile runs on a host whose clock is `offset` seconds ahead."""
    now, now_ns = time.time, time.time_ns
    with (
        patch.object(time, "time", lambda: now() + offset),
        patch.object(time, "time_ns", lambda: now_ns() + int(offset * 1e9)),
    ):
        yield
