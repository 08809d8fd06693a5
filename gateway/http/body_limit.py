"""The limit on request bodies.

FastAPI's own `max_body_size` answers plain text when Content-Length is over the limit; here the
answer is problem+json like every other error.
"""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.problems import problem_of
from shared.errors import TooLarge

#: Browsers show an answer only after they have sent the whole body, so bodies up to this many
#: times the limit are read and dropped.
_DRAINED_FACTOR = 4


class BodyLimit:
    """Answers 413 to bodies over `max_bytes`, with and without Content-Length."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > self._max_bytes:
            if int(declared) <= _DRAINED_FACTOR * self._max_bytes:
                await _drain(receive)
            await problem_of(self._too_large())(scope, receive, send)
            return
        received = 0

        async def count() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_bytes:
                # The only exception that FastAPI does not wrap while it reads a body.
                raise HTTPException(413)
            return message

        await self._app(scope, count, send)

    def _too_large(self) -> TooLarge:
        limit = self._max_bytes // 2**20
        return TooLarge(
            "too_large",
            f"The request is larger than {limit} MiB. Send fewer files at once, or raise "
            "LOOKALIKE_MAX_UPLOAD_MB.",
        )


async def _drain(receive: Receive) -> None:
    while (message := await receive())["type"] == "http.request":
        if not message.get("more_body", False):
            return
