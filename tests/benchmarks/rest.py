"""Waits until a server has done what it does in the background."""

import psutil

#: A server rests when it takes less of a core than this, for so long.
_REST_PERCENT, _REST_SECONDS = 10, 3


def wait_for_rest(pid: int) -> None:
    """Wait while Milvus builds indexes in the background: until it is idle for seconds on end."""
    process, idle = psutil.Process(pid), 0
    while idle < _REST_SECONDS:
        idle = idle + 1 if process.cpu_percent(interval=1) < _REST_PERCENT else 0
