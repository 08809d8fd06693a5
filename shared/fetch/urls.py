"""Addresses of pictures on the web, taken apart."""

import re
from ipaddress import IPv6Address
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from shared.domain.image import MAX_URI_BYTES
from shared.fetch.errors import FetchFailed

_SCHEMES = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9._-]+")
_UNQUOTED = "/%:@!$&'()*+,;=~-._"
#: What stands before the last `@` of a host, where an address has one.
_USER = re.compile(r"^([^/?#\\]*[/\\]{2,})[^/?#]*@")
#: Control characters, and halves of surrogate pairs.
_UNUSABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class WebUrl(NamedTuple):
    """An http or https address: `host` in ASCII, `target` as it is asked for."""

    scheme: str
    host: str
    port: int
    target: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _SCHEMES[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target}"


def normalise(address: str) -> str:
    """An address without white space around it and without its fragment."""
    return address.strip().partition("#")[0]


def without_password(address: str) -> str:
    """An address to be shown: `***` stands for a user and a password, were it malformed as well."""
    return _USER.sub(r"\1***@", address)


def parse(address: str) -> WebUrl:
    """Take an address apart. Raises FetchFailed `fetch_forbidden`, `fetch_failed`."""
    if _UNUSABLE.search(address) or len(address.encode()) > MAX_URI_BYTES:
        raise _malformed(f"it has control characters, or more than {MAX_URI_BYTES} bytes")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        # Its message may hold a password.
        raise _malformed("its host or its port is none") from error
    if parts.scheme not in _SCHEMES:
        raise FetchFailed("fetch_forbidden", "Only http and https addresses are fetched.")
    if "@" in parts.netloc:
        raise FetchFailed("fetch_forbidden", "An address must not hold a user or a password.")
    if not host or port == 0:
        raise _malformed("it names no host, or port 0")
    if "[" in parts.netloc and ":" not in host:
        raise _malformed("its host is no IPv6 address")
    target = quote(parts.path or "/", safe=_UNQUOTED)
    if parts.query:
        target += "?" + quote(parts.query, safe=_UNQUOTED + "?")
    return WebUrl(parts.scheme, _ascii(host), port or _SCHEMES[parts.scheme], target)


def redirected(url: WebUrl, location: str) -> WebUrl:
    """Where a reply's Location leads. Raises FetchFailed as `parse` does."""
    try:
        address = urljoin(str(url), location.strip())
    except ValueError as error:
        raise _malformed("its host or its port is none") from error
    return parse(normalise(address))


def _ascii(host: str) -> str:
    if ":" in host:
        try:
            address = IPv6Address(host)
        except ValueError as error:
            raise _malformed("its host is no IPv6 address") from error
        if address.scope_id is not None:
            raise _malformed("its host names an interface of this machine")
        return str(address)
    try:
        name = host.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise _malformed("its host is no name") from error
    if not _HOST.fullmatch(name):
        raise _malformed("its host is no name")
    return name


def _malformed(why: str) -> FetchFailed:
    return FetchFailed("fetch_failed", f"The address is malformed: {why}.")
