"""Which names this gateway may be called by: the defence against DNS rebinding."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.http.problems import problem_of
from gateway.http.security import route_path
from shared.errors import LookalikeError
from shared.settings import Settings

#: Probes call by whatever name they know; the answer holds nothing that a page could use.
_FOR_ALL = ("/health/",)


class Misdirected(LookalikeError):
    """The Host of a request is not a name of this gateway (RFC 9110, section 15.5.20)."""

    status = 421
    title = "Misdirected request"


class HostCheck:
    """Refuses requests whose `Host` is not one of this gateway's names.

    A web page may have its own name resolve to 127.0.0.1 and then call this gateway as its own
    origin (https://en.wikipedia.org/wiki/DNS_rebinding). It cannot change the `Host` that the
    browser sends, which is that name. An address needs no list: it is not resolved, so it names
    the machine that it reaches.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        names = {name.lower().rstrip(".") for name in settings.allowed_hosts}
        if settings.public_url:
            names.add((urlsplit(settings.public_url).hostname or "").rstrip("."))
        self._names = names | {"localhost"}
        self._suffixes = tuple(name[1:] for name in names if name.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not route_path(scope).startswith(_FOR_ALL):
            hosts = Headers(scope=scope).getlist("host")
            if len(hosts) != 1 or not self._allows(hosts[0]):
                await problem_of(_misdirected())(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _allows(self, host: str) -> bool:
        if "*" in self._names:
            return True
        name = _without_port(host)
        if name is None:
            return False
        return name in self._names or name.endswith(self._suffixes) or _is_address(name)


def _misdirected() -> Misdirected:
    return Misdirected(
        "host_not_allowed",
        "The Host of this request is not a name of this gateway. Call it by its address or by "
        "localhost, or put the name into LOOKALIKE_ALLOWED_HOSTS.",
    )


def _without_port(host: str) -> str | None:
    """The name or address in a `Host` header, in lower case; None for what is neither."""
    if any(character in host for character in "/\\@?# \t"):
        return None
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # raises ValueError when it is no number
    except ValueError:
        return None
    name = parts.hostname
    return name.rstrip(".") if name else None


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
