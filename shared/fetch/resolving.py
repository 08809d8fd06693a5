"""Names of hosts, resolved within a time: the system's resolver has no deadline of its own."""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from shared.fetch.addresses import Address

#: Names that a process resolves at once, those included that nobody waits for any more.
_AT_ONCE = 64

#: The addresses of a host. Raises OSError, UnicodeError.
Resolve = Callable[[str], Sequence[Address]]


def resolve(host: str) -> Sequence[Address]:
    """The addresses of a host by the system's resolver, in the order to try them.

    Hosts such as `2130706433` or `0x7f.1` are addresses to it, too.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(sockaddr[0]) for *_, sockaddr in found))


class Resolver:
    """Resolves in threads of its own, so that who asks need not wait for an answer."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._slots = threading.BoundedSemaphore(_AT_ONCE)

    def addresses(self, host: str, seconds: float) -> Sequence[Address]:
        """The addresses of a host.

        Raises TimeoutError after so long, and OSError, UnicodeError.
        """
        end = time.monotonic() + seconds
        if not self._slots.acquire(timeout=seconds):
            raise TimeoutError
        found: Future[Sequence[Address]] = Future()
        threading.Thread(target=self._run, args=(host, found), name="resolve", daemon=True).start()
        return found.result(timeout=max(0.0, end - time.monotonic()))

    def _run(self, host: str, found: Future[Sequence[Address]]) -> None:
        try:
            found.set_result(self._resolve(host))
        except Exception as error:  # noqa: BLE001 - raised where it is asked for
            found.set_exception(error)
        finally:
            self._slots.release()
