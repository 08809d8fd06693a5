"""How many fetches of one host are under way at once, and when the next may begin."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from shared.retry import ShuttingDown

#: Seconds between two checks whether the process is to end.
_CHECK_SECONDS = 0.5


@dataclass
class _Host:
    active: int = 0
    waiting: int = 0
    not_before: float = 0.0


class HostSlots:
    """Slots for each host, shared by all threads. What is known of an idle host is let go."""

    def __init__(self, per_host: int) -> None:
        self._per_host = per_host
        self._hosts: dict[str, _Host] = {}
        self._changed = threading.Condition()

    @contextmanager
    def slot(self, name: str, stop: threading.Event, patience: float) -> Iterator[None]:
        """Wait for a slot of a host, and hold it.

        Raises ShuttingDown once `stop` is set, TimeoutError after `patience` seconds.
        """
        end = time.monotonic() + patience
        with self._changed:
            host = self._hosts.setdefault(name, _Host())
            host.waiting += 1
            try:
                while (wait := self._wait(host)) > 0:
                    if stop.is_set():
                        raise ShuttingDown
                    if time.monotonic() > end:
                        raise TimeoutError
                    self._changed.wait(min(wait, _CHECK_SECONDS))
                host.active += 1
            finally:
                host.waiting -= 1
        try:
            yield
        finally:
            with self._changed:
                host.active -= 1
                self._forget_idle()
                self._changed.notify_all()

    def pause(self, name: str, seconds: float) -> None:
        """Begin no further fetch of a host for as long as it has asked for."""
        with self._changed:
            host = self._hosts.setdefault(name, _Host())
            host.not_before = max(host.not_before, time.monotonic() + seconds)

    def _wait(self, host: _Host) -> float:
        """Seconds to wait before it is worth looking again; 0 where there is a slot."""
        if host.active >= self._per_host:
            return _CHECK_SECONDS
        return max(0.0, host.not_before - time.monotonic())

    def _forget_idle(self) -> None:
        now = time.monotonic()
        idle = [
            name
            for name, host in self._hosts.items()
            if not host.active and not host.waiting and host.not_before < now
        ]
        for name in idle:
            del self._hosts[name]
