"""Fetches pictures from addresses: each within its time and size, and politely."""

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

import httpcore2

from shared.fetch.addresses import AddressPolicy
from shared.fetch.body import save_picture, too_large
from shared.fetch.errors import FetchFailed
from shared.fetch.failures import Passing, as_failures
from shared.fetch.hosts import HostSlots
from shared.fetch.network import CheckedBackend, Deadline
from shared.fetch.replies import AGENT, Headers
from shared.fetch.resolving import Resolve, resolve
from shared.fetch.urls import WebUrl, normalise, parse, redirected
from shared.retry import ShuttingDown
from shared.settings import Settings

_MAX_REDIRECTS = 5
_CONNECT_SECONDS = 10.0
#: Seconds without a byte after which a connection is given up.
_QUIET_SECONDS = 15.0
#: Seconds for which an idle connection is kept for the next picture of its host.
_KEEP_SECONDS = 10.0
_KEPT_CONNECTIONS = 32
#: A server that wants to be asked again only later than this is not asked again.
_MAX_WAIT_SECONDS = 60.0
_FIRST_WAIT_SECONDS = 1.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_HEADERS = [
    ("User-Agent", f"{AGENT}/0.1"),
    ("Accept", "image/*,*/*;q=0.1"),
    ("Accept-Encoding", "identity"),
]


class FetchLimits(NamedTuple):
    """What one picture may take: bytes, seconds of each try (redirects included), and tries.

    `patience` is for how many seconds a try may wait for others that fetch from the same host,
    `total` the seconds of all tries with all waits.
    """

    bytes: int
    seconds: float
    tries: int = 1
    patience: float = math.inf
    total: float = math.inf


class _Budget:
    """What is left of the seconds of one try, which end by a moment `end`.

    Waiting for a host's slot takes none.
    """

    def __init__(self, seconds: float, end: float) -> None:
        self._left = seconds
        self._end = end

    @contextmanager
    def spend(self, deadline: Deadline) -> Iterator[None]:
        begun = time.monotonic()
        try:
            with deadline.within(min(self._left, self._end - begun)):
                yield
        finally:
            self._left -= time.monotonic() - begun


class Fetcher:
    """Fetches pictures, in the threads that call it; one for a process.

    No proxy is used and no cookie is kept. `resolve` tells the addresses of a host.
    """

    def __init__(self, settings: Settings, resolve: Resolve = resolve) -> None:
        self._honours_refusals = settings.fetch_honour_noai
        self._deadline = Deadline()
        self._slots = HostSlots(settings.fetch_per_host)
        policy = AddressPolicy(settings.fetch_allow)
        self._pool = httpcore2.ConnectionPool(
            max_connections=None,
            max_keepalive_connections=_KEPT_CONNECTIONS,
            keepalive_expiry=_KEEP_SECONDS,
            network_backend=CheckedBackend(policy, self._deadline, resolve),
        )

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()

    def fetch(
        self, address: str, into: BinaryIO, limits: FetchLimits, stop: threading.Event
    ) -> None:
        """Write the picture at `address` to `into`, which is empty.

        Raises FetchFailed, PictureError `empty_file`, `unsupported_format`, `too_large`, and
        ShuttingDown once `stop` is set.
        """
        url, end = parse(normalise(address)), time.monotonic() + limits.total
        for number in range(1, limits.tries + 1):
            try:
                self._try(url, into, limits, end, stop)
            except Passing as passing:
                wait = passing.wait
                if wait is None:
                    wait = _FIRST_WAIT_SECONDS * 2 ** (number - 1)
                most = min(_MAX_WAIT_SECONDS, end - time.monotonic())
                if number == limits.tries or wait > most:
                    raise passing.error from passing
                if stop.wait(wait):
                    raise ShuttingDown from passing
                into.seek(0)
                into.truncate()
            else:
                return

    def _try(
        self,
        url: WebUrl,
        into: BinaryIO,
        limits: FetchLimits,
        end: float,
        stop: threading.Event,
    ) -> None:
        budget = _Budget(limits.seconds, end)
        for _ in range(_MAX_REDIRECTS + 1):
            patience = min(limits.patience, end - time.monotonic())
            with (
                as_failures(),
                self._slots.slot(url.host, stop, patience),
                budget.spend(self._deadline),
                self._request(url) as (status, headers, reply),
            ):
                if status not in _REDIRECTS:
                    self._check(url, status, headers, limits)
                    encoding = ",".join(headers.all("content-encoding"))
                    parts = _until(stop, reply.iter_stream())
                    save_picture(parts, encoding, limits.bytes, into)
                    return
                url = redirected(url, headers.get("location") or "")
        raise FetchFailed("fetch_failed", f"There were more than {_MAX_REDIRECTS} redirects.")

    @contextmanager
    def _request(self, url: WebUrl) -> Iterator[tuple[int, Headers, httpcore2.Response]]:
        timeouts = {"connect": _CONNECT_SECONDS, "read": _QUIET_SECONDS, "write": _QUIET_SECONDS}
        wanted = httpcore2.URL(scheme=url.scheme, host=url.host, port=url.port, target=url.target)
        extensions = {"timeout": timeouts}
        with self._pool.stream("GET", wanted, headers=_HEADERS, extensions=extensions) as reply:
            yield reply.status, Headers(reply.headers), reply

    def _check(self, url: WebUrl, status: int, headers: Headers, limits: FetchLimits) -> None:
        """Raise an error unless a reply is a picture that may be read."""
        if status != 200:
            error = FetchFailed(f"http_{status}", f"The server answered with status {status}.")
            if status not in _PASSING:
                raise error
            wait = headers.retry_after
            if wait is not None:
                # Its other pictures wait too.
                self._slots.pause(url.host, min(wait, _MAX_WAIT_SECONDS))
            raise Passing(error, wait)
        if self._honours_refusals and headers.refuses_machines:
            raise FetchFailed(
                "fetch_refused", "The server's X-Robots-Tag says that it is not for such use."
            )
        if (headers.length or 0) > limits.bytes:
            raise too_large(limits.bytes)


def _until(stop: threading.Event, parts: Iterator[bytes]) -> Iterator[bytes]:
    for part in parts:
        if stop.is_set():
            raise ShuttingDown
        yield part
