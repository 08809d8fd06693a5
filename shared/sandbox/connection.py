"""A socket between a process and its decoder, read in whole blocks and, on one side, in time."""

import socket
import time


class Connection:
    """Reads and writes until `deadline`, in seconds of `time.monotonic`; None waits for ever."""

    def __init__(self, connection: socket.socket, deadline: float | None = None) -> None:
        self._socket = connection
        self._deadline = deadline

    def write(self, *parts: bytes) -> None:
        """Raises TimeoutError, OSError once the other side is gone."""
        self._limit()
        # In one call, so that the other side is woken once.
        sent = self._socket.sendmsg(parts)
        for part in parts:
            if sent < len(part):
                self._limit()
                self._socket.sendall(memoryview(part)[sent:])
            sent = max(0, sent - len(part))

    def read(self, count: int) -> bytes:
        """Exactly `count` bytes. Raises TimeoutError, EOFError once the other side is gone."""
        data = bytearray(count)
        view = memoryview(data)
        while len(view) > 0:
            self._limit()
            received = self._socket.recv_into(view)
            if received == 0:
                raise EOFError
            view = view[received:]
        return bytes(data)

    def _limit(self) -> None:
        if self._deadline is None:
            return
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
