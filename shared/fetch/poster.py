"""Sends messages to addresses that users name, which may lead anywhere."""

from collections.abc import Mapping

import httpcore2

from shared.fetch.addresses import AddressPolicy
from shared.fetch.errors import FetchFailed
from shared.fetch.failures import Passing, as_failures
from shared.fetch.network import CheckedBackend, Deadline
from shared.fetch.replies import AGENT
from shared.fetch.resolving import Resolve, Resolver, resolve
from shared.fetch.urls import normalise, parse
from shared.settings import Settings

_CONNECT_SECONDS = 5.0
_HEADERS = {"User-Agent": f"{AGENT}/0.1", "Content-Type": "application/json"}


class Poster:
    """Posts JSON in the threads that call it; one for a process.

    What it may connect to is what a `Fetcher` may. Nothing of a reply is read but its status, and
    no redirect is followed. `resolve` tells the addresses of a host.
    """

    def __init__(self, settings: Settings, resolve: Resolve = resolve) -> None:
        self._policy = AddressPolicy(settings.fetch_allow)
        self._resolver = Resolver(resolve)
        self._deadline = Deadline()
        self._pool = httpcore2.ConnectionPool(
            max_connections=None,
            max_keepalive_connections=0,
            network_backend=CheckedBackend(self._policy, self._deadline, resolve),
        )

    def close(self) -> None:
        """Close what is open."""
        self._pool.close()

    def check(self, address: str) -> None:
        """Raise FetchFailed `fetch_forbidden`, `fetch_failed` for an address that will not do.

        A name that cannot be resolved now is let pass: it may be another's to resolve.
        """
        url = parse(normalise(address))
        try:
            addresses = self._resolver.addresses(url.host, _CONNECT_SECONDS)
        # A TimeoutError is an OSError.
        except (OSError, UnicodeError):
            return
        if not self._policy.permits_all(addresses):
            raise FetchFailed(
                "fetch_forbidden",
                "The host is not on the public internet. An operator can allow its network by "
                "LOOKALIKE_FETCH_ALLOW.",
            )

    def post(self, address: str, body: bytes, headers: Mapping[str, str], seconds: float) -> int:
        """Post `body`, and return the reply's status. All of it ends within `seconds`.

        Raises FetchFailed `fetch_forbidden`, `fetch_timeout`, `fetch_failed`.
        """
        url = parse(normalise(address))
        wanted = httpcore2.URL(scheme=url.scheme, host=url.host, port=url.port, target=url.target)
        timeouts = {"connect": _CONNECT_SECONDS, "read": seconds, "write": seconds}
        try:
            with (
                as_failures(),
                self._deadline.within(seconds),
                self._pool.stream(
                    "POST",
                    wanted,
                    headers=list({**_HEADERS, **headers}.items()),
                    content=body,
                    extensions={"timeout": timeouts},
                ) as reply,
            ):
                return reply.status
        except Passing as passing:
            raise passing.error from passing
