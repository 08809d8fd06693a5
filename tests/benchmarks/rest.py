"""Waits until a store has done its work in the background."""

import psutil

_SECONDS = 3


def wait_for_rest(pid: int, percent: float = 10) -> None:
    """Wait while it builds indexes: until it takes less of a core than this for seconds on end."""
    process, idle = psutil.Process(pid), 0
    process.cpu_percent()
    while idle < _SECONDS:
        idle = idle + 1 if process.cpu_percent(interval=1) < percent else 0
