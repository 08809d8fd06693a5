"""Every request has an id, and a line in the log when it has been answered."""

import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from gateway.http.security import route_path
from shared import tracing
from shared.log import REQUEST_ID, get_logger

HEADER = "X-Request-ID"

_log = get_logger("gateway.access")

#: What a client may name its request: no space, no line's end, nothing that a shell would read.
_ID = re.compile(r"[A-Za-z0-9._:+=@-]{1,128}")
#: What probes and Prometheus ask for every few seconds.
_FREQUENT = ("/health/", "/metrics")


class RequestLog:
    """Gives each request the id of its `X-Request-ID`, or a new one, and logs its end.

    The id is bound to all lines of the log that the request causes, and stands in its reply. A line
    has the template of the route: addresses may hold signatures, and names of files.
    """

    def __init__(self, app: ASGIApp, *, enabled: bool = True) -> None:
        """`enabled` is whether requests are logged; they have ids in any case."""
        self._app = app
        self._enabled = enabled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope))
        started = time.perf_counter()
        status: int | None = None
        sent = 0
        complete = False

        async def observe(message: Message) -> None:
            nonlocal status, sent, complete
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            elif message["type"] == "http.response.body":
                sent += len(message.get("body", b""))
                complete = not message.get("more_body", False)
            await send(message)

        tracing.annotate(request_id=request_id)
        with bound_contextvars(**{REQUEST_ID: request_id}):
            try:
                await self._app(scope, receive, observe)
            finally:
                if self._enabled:
                    _write(scope, status, sent, time.perf_counter() - started, complete)


def _write(scope: Scope, status: int | None, sent: int, seconds: float, complete: bool) -> None:
    """Log a request. Its status is None where the client left before the answer began."""
    client = scope.get("client")
    write = _log.debug if route_path(scope).startswith(_FREQUENT) else _log.info
    write(
        "request_answered",
        method=scope["method"],
        route=getattr(scope.get("route"), "path", "other"),
        status=status,
        milliseconds=round(seconds * 1000, 1),
        bytes=sent,
        client=client[0] if client else None,
        **({} if complete else {"complete": False}),
    )


def _request_id(headers: Headers) -> str:
    given = headers.get(HEADER, "")
    return given if _ID.fullmatch(given) else uuid.uuid4().hex
