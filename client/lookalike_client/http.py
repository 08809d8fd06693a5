"""What both clients make of httpx: its settings, a request of a call, its errors as ours."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, Any, TypedDict

import httpx

from lookalike_client.call import Call, Reply
from lookalike_client.errors import ConnectionFailed

DEFAULT_URL = "http://127.0.0.1:8000"
#: The server sends a comment every 15 seconds, so that a silent stream is a lost one.
STREAM_TIMEOUT = httpx.Timeout(10.0, read=60.0)


@dataclass(frozen=True)
class Server:
    """Where the server is, and the key that it asks for, if any."""

    url: str
    api_key: str | None

    @classmethod
    def named(cls, url: str | None, api_key: str | None) -> "Server":
        """As given, else as LOOKALIKE_URL and LOOKALIKE_API_KEY say."""
        url = url or os.environ.get("LOOKALIKE_URL") or DEFAULT_URL
        if "://" not in url:
            url = f"http://{url}"
        return cls(url.rstrip("/"), api_key or os.environ.get("LOOKALIKE_API_KEY") or None)

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        key = {"X-API-Key": self.api_key} if self.api_key else {}
        return {"User-Agent": "lookalike-client", **key}


class Request(TypedDict, total=False):
    """Arguments of httpx's `request` and `stream`."""

    method: str
    url: str
    params: list[tuple[str, str | int | float | bool | None]]
    headers: dict[str, str]
    content: bytes | None
    data: dict[str, list[str]]
    files: list[tuple[str, tuple[str, bytes | IO[bytes]]]]


@contextmanager
def request_of(call: Call[Any]) -> Iterator[Request]:
    """The request of a call, with its files open."""
    with ExitStack() as opened:
        request = Request(
            method=call.method,
            url=call.url,
            params=list(call.params),
            headers=call.sent_headers(),
        )
        if call.content is not None:
            request["content"] = call.content
        if call.files:
            request["data"] = call.fields
            request["files"] = [
                (
                    field,
                    (
                        name,
                        where
                        if isinstance(where, bytes)
                        else opened.enter_context(where.open("rb")),
                    ),
                )
                for field, name, where in call.parts
            ]
        yield request


def reply_of(response: httpx.Response) -> Reply:
    """A response that was read to its end."""
    return Reply(response.status_code, headers_of(response), response.content)


def headers_of(response: httpx.Response) -> dict[str, str]:
    """The headers of a response, by lower-case names."""
    return {name.lower(): value for name, value in response.headers.items()}


def failure_of(error: httpx.TransportError, url: str) -> ConnectionFailed:
    """What became of a request that got no answer."""
    unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    if unsent:
        return ConnectionFailed(f"{url} cannot be reached: {error or type(error).__name__}.")
    reason = "did not answer in time" if isinstance(error, httpx.TimeoutException) else "hung up"
    return ConnectionFailed(f"{url} {reason}.", sent=True)
