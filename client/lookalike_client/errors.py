"""Exceptions. All are `LookalikeError`; those that the server sent are `ApiError` with a `code`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any


class LookalikeError(Exception):
    """Whatever this package raises."""


class ConnectionFailed(LookalikeError):
    """The server was not reached, or did not answer in time; `sent`: it may have got the call."""

    def __init__(self, message: str, *, sent: bool = False) -> None:
        super().__init__(message)
        self.sent = sent


class UnexpectedReply(LookalikeError):
    """A reply that is none of this API: another server, a proxy, or another version."""


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one part of a request: `body.top_k`, `query.limit`."""

    field: str
    message: str


class ApiError(LookalikeError):
    """An error that the server answered.

    `code` is the stable word of the problem, `status` HTTP's, `detail` cause and remedy.
    `retry_after` is in seconds, `request_id` what the server's log calls the request; `errors` are
    there with the code `validation_error`.
    """

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: float | None) -> None:
        self.status = status
        self.code = str(problem["code"])
        self.title = str(problem.get("title", ""))
        self.detail = str(problem.get("detail", ""))
        self.errors = tuple(
            FieldError(str(part.get("field", "")), str(part.get("message", "")))
            for part in problem.get("errors") or ()
        )
        self.retry_after = retry_after
        #: What the server's log calls the request; None of an older server.
        self.request_id: str | None = problem.get("request_id")
        super().__init__(self.detail or self.title or self.code)


class NotAuthenticated(ApiError):
    """401: an API key is asked for, or the one given is not known."""


class NotAllowed(ApiError):
    """403: the key may not do this."""


class NotFound(ApiError):
    """404: there is no such collection, job or image."""


class Conflict(ApiError):
    """409 and 412: what there is does not allow it."""


class TooLarge(ApiError):
    """413: the request is over a limit of the server."""


class InvalidRequest(ApiError):
    """400 and 422: something in the request is wrong."""


class TooManyRequests(ApiError):
    """429: too much waits, and still did after the last try."""


class Unavailable(ApiError):
    """502, 503 and 504: a part of the server is away, and still was after the last try."""


_CLASSES: dict[int, type[ApiError]] = {
    400: InvalidRequest,
    401: NotAuthenticated,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    413: TooLarge,
    422: InvalidRequest,
    429: TooManyRequests,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def error_of(status: int, headers: Mapping[str, str], content: bytes) -> LookalikeError:
    """The exception for a reply that is an error; names of headers are lower-case."""
    wait = retry_after(headers)
    try:
        problem = json.loads(content)
        if isinstance(problem, dict) and "code" in problem:
            return _CLASSES.get(status, ApiError)(status, problem, wait)
    except ValueError:
        pass
    if status in _CLASSES and status >= 429:
        # A proxy's own: it has no code, but is as temporary.
        said = {"code": f"http_{status}", "detail": f"The server answered {status}."}
        return _CLASSES[status](status, said, wait)
    return UnexpectedReply(f"The server answered {status}, and not as Lookalike does.")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that Retry-After asks for, given as seconds or as a date."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
