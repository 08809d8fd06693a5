"""Waits until a store has done its work in the background."""

import time

import psutil

from tests.benchmarks.cpu import seconds_of

_SECONDS = 3
#: A Milvus server that waits for calls takes some of a core; one that builds indexes, all of
#: several.
SERVER_AT_REST = 50.0


def wait_for_rest(pid: int, percent: float = 10) -> None:
    """Wait while it builds indexes: until it takes less of a core than this for seconds on end.

    Its children count: the Milvus server is one of what starts it.
    """
    process, idle = psutil.Process(pid), 0
    before, at = seconds_of(process), time.monotonic()
    while idle < _SECONDS:
        time.sleep(1)
        spent, now = seconds_of(process), time.monotonic()
        idle = idle + 1 if (spent - before) / (now - at) * 100 < percent else 0
        before, at = spent, now
