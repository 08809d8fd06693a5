"""Calls with an Idempotency-Key: sent twice, they happen once.

After draft-ietf-httpapi-idempotency-key-header: a repeated call is answered as the first one was; a
key that comes again with another request is an error.
"""

import asyncio
import contextlib
import hashlib
import json
import re
import uuid
import zlib
from collections.abc import AsyncIterator
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.access import ACCESS, Access
from gateway.http.problems import answer_to
from gateway.http.security import route_path
from shared.errors import Conflict, InvalidRequest, LookalikeError, Unavailable
from shared.ledger import CLAIM_SECONDS, RepeatableCalls
from shared.log import get_logger

_log = get_logger(__name__)

HEADER = "Idempotency-Key"
#: The operations that take the header, and for how many seconds their answers are kept. A query
#: changes nothing, and its answer is long.
REPEATABLE = {"create_job": 86400, "upload_images": 86400, "query_images": 600}

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_BOUNDARY = re.compile(r'boundary="?([^";,\s]{1,200})"?', re.IGNORECASE)
#: Bytes of an answer, compressed; a longer one is not kept, and the call is not repeatable.
_LONGEST_ANSWER = 1 << 20
#: For so long a repeated call waits for the first one to end.
_PATIENCE_SECONDS = 10.0
_POLL_SECONDS = 0.2
_SUCCESS = range(200, 300)


class Idempotency:
    """Answers a repeated call as the first one of its key, operation, path and sender was."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        access: Access | None = scope.get(ACCESS)
        given = Headers(scope=scope).getlist(HEADER) if access is not None else []
        if access is None or access.operation not in REPEATABLE or not given:
            await self._app(scope, receive, send)
            return
        try:
            if len(given) > 1 or not _KEY.fullmatch(given[0]):
                raise InvalidRequest(
                    "validation_error", f"{HEADER} must be 1 to 255 visible ASCII characters."
                )
            await self._once(scope, access, given[0], receive, send)
        except LookalikeError as refusal:
            await answer_to(refusal)(scope, receive, send)

    async def _once(
        self, scope: Scope, access: Access, key: str, receive: Receive, send: Send
    ) -> None:
        calls: RepeatableCalls = scope["app"].state.services.repeatable_calls
        # By the sender too: nobody is answered what another one was.
        parts = [access.principal.id, access.operation, route_path(scope), key]
        digest, claim = hashlib.sha256(json.dumps(parts).encode()).hexdigest(), uuid.uuid4().hex
        earlier = await _claim(calls, digest, claim)
        sent = _Fingerprint(scope)
        if earlier is not None:
            await sent.drain(receive)
            await _Recorded.read(earlier).replay(sent.hexdigest(), send)
            return
        answer = _Recording()

        async def read() -> Message:
            message = await receive()
            sent.feed(message)
            return message

        async def record(message: Message) -> None:
            answer.add(message)
            await send(message)

        kept = b""
        try:
            async with _renewed(calls, digest, claim):
                await self._app(scope, read, record)
            kept = answer.kept(sent.hexdigest()) if sent.complete else b""
        finally:
            with contextlib.suppress(Unavailable):
                await calls.end(digest, claim, kept, REPEATABLE[access.operation])


async def _claim(calls: RepeatableCalls, digest: str, claim: str) -> bytes | None:
    """None once the call is ours to make, or the answer that it had. Raises Conflict."""
    waited = 0.0
    while (found := await calls.claim(digest, claim)) == b"":
        if waited >= _PATIENCE_SECONDS:
            raise Conflict(
                "call_running", f"The call with this {HEADER} is not answered yet.", retry_after=2
            )
        waited += _POLL_SECONDS
        await asyncio.sleep(_POLL_SECONDS)
    return found


@contextlib.asynccontextmanager
async def _renewed(calls: RepeatableCalls, digest: str, claim: str) -> AsyncIterator[None]:
    async def renew() -> None:
        while True:
            await asyncio.sleep(CLAIM_SECONDS / 3)
            try:
                await calls.renew(digest, claim)
            except Unavailable as error:
                _log.debug("claim_not_renewed", error=str(error))

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()


class _Fingerprint:
    """What is sent with a call, digested while it is read.

    The boundary of a form is left out: a client draws another one when it sends the form again.
    """

    def __init__(self, scope: Scope) -> None:
        content_type = Headers(scope=scope).get("content-type", "")
        found = _BOUNDARY.search(content_type)
        self._boundary = found[1].encode() if found else b""
        media_type = content_type.partition(";")[0].strip().lower().encode()
        self._digest = hashlib.sha256(scope["query_string"] + b"\0" + media_type + b"\0")
        self._tail = b""
        self.complete = False

    def feed(self, message: Message) -> None:
        """Digest one part of the request."""
        if message["type"] != "http.request":
            return
        data = self._tail + message.get("body", b"")
        self.complete = not message.get("more_body", False)
        if self._boundary:
            data = data.replace(self._boundary, b"")
        # A boundary may go on in the next part.
        held = 0 if self.complete else min(len(data), max(0, len(self._boundary) - 1))
        self._tail = data[len(data) - held :]
        self._digest.update(data[: len(data) - held])

    async def drain(self, receive: Receive) -> None:
        """Digest all that is left."""
        while not self.complete:
            message = await receive()
            if message["type"] != "http.request":
                return
            self.feed(message)

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


class _Recording:
    """An answer while it is sent."""

    def __init__(self) -> None:
        self._status = 0
        self._headers: list[tuple[str, str]] = []
        self._body = bytearray()

    def add(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = [
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in message["headers"]
            ]
        else:
            self._body += message.get("body", b"")

    def kept(self, sent: str) -> bytes:
        """What is kept of it, beside what was `sent`; b"" where the call may be made again."""
        if self._status not in _SUCCESS:
            return b""
        head = json.dumps([sent, self._status, self._headers]).encode()
        packed = zlib.compress(head + b"\n" + bytes(self._body), level=1)
        return packed if len(packed) <= _LONGEST_ANSWER else b""


class _Recorded(NamedTuple):
    """An answer as it was kept."""

    sent: str
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @classmethod
    def read(cls, kept: bytes) -> "_Recorded":
        head, _, body = zlib.decompress(kept).partition(b"\n")
        sent, status, headers = json.loads(head)
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return cls(sent, status, pairs, body)

    async def replay(self, sent: str, send: Send) -> None:
        """Answer again. Raises InvalidRequest `idempotency_key_reused` for another request."""
        if sent != self.sent:
            raise InvalidRequest(
                "idempotency_key_reused", f"This {HEADER} came with another request before."
            )
        headers = [*self.headers, (b"idempotency-replayed", b"true")]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})
