"""Connections to checked addresses, all of whose reads and writes end by a deadline."""

import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore2

from shared.fetch.addresses import AddressPolicy
from shared.fetch.errors import FetchFailed
from shared.fetch.resolving import Resolve, Resolver

#: Of a host's addresses, how many are tried.
_ADDRESSES_TRIED = 4


class Deadline:
    """A moment by which what the calling thread sends and receives must be through."""

    def __init__(self) -> None:
        self._local = threading.local()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Set it for the calling thread."""
        self._local.end = time.monotonic() + seconds
        try:
            yield
        finally:
            del self._local.end

    def left(self, timeout: float | None) -> float:
        """Seconds that one call may take. Raises httpcore2.ReadTimeout when there are none."""
        seconds: float = self._local.end - time.monotonic()
        if seconds <= 0:
            raise httpcore2.ReadTimeout("the deadline has passed")
        return seconds if timeout is None else min(seconds, timeout)


class CheckedBackend(httpcore2.NetworkBackend):
    """Connects to the very addresses that it has checked: a name is resolved once.

    A name of which one address is forbidden is refused whole.
    """

    def __init__(self, policy: AddressPolicy, deadline: Deadline, resolve: Resolve) -> None:
        self._policy = policy
        self._deadline = deadline
        self._resolver = Resolver(resolve)
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Raises FetchFailed `fetch_forbidden`, `fetch_failed`, and httpcore2's errors."""
        try:
            addresses = self._resolver.addresses(host, self._deadline.left(timeout))
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout("the host's name was not resolved in time") from error
        except (OSError, UnicodeError) as error:
            raise FetchFailed("fetch_failed", "The host's name cannot be resolved.") from error
        if not self._policy.permits_all(addresses):
            raise FetchFailed(
                "fetch_forbidden",
                "The host is not on the public internet. An operator can allow its network by "
                "LOOKALIKE_FETCH_ALLOW.",
            )
        met: Exception = httpcore2.ConnectError("no address")
        for address in addresses[:_ADDRESSES_TRIED]:
            try:
                stream = self._sockets.connect_tcp(
                    str(address),
                    port,
                    self._deadline.left(timeout),
                    local_address,
                    socket_options,
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                met = error
            else:
                return _TimedStream(stream, self._deadline)
        raise met


class _TimedStream(httpcore2.NetworkStream):
    """A connection whose every call ends by the calling thread's deadline.

    A time-out alone would be a new one with each byte that arrives.
    """

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        left = self._deadline.left(timeout)
        return _TimedStream(
            self._stream.start_tls(ssl_context, server_hostname, left), self._deadline
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
