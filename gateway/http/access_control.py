"""Lets requests in: by a key, a session or a signed address, each to what it permits."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.access import ACCESS, Access, Principal
from gateway.http.audit import Audit
from gateway.http.key_ring import KeyRing
from gateway.http.operations import GUARDED, Operation, Operations
from gateway.http.permissions import Place
from gateway.http.problems import answer_to
from gateway.http.security import SESSION_PATH, route_path
from shared.domain.image import ID_PATTERN
from shared.errors import LookalikeError, Unauthorized, Unavailable, job_not_found
from shared.ledger import Jobs
from shared.settings import Settings

_ID = re.compile(ID_PATTERN)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Forbidden(LookalikeError):
    """A browser sent this for a page of an origin that is not allowed."""

    status = 403
    title = "Forbidden"


class AccessControl:
    """Refuses requests that no key permits, and writes that come from pages of foreign origins.

    Any web page can make a browser post a form to 127.0.0.1. Browsers name the page's origin in
    such a request, and it is refused unless CORS allows that origin.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._default_collection = settings.default_collection
        self._operations: Operations | None = None
        self._origins = {origin.rstrip("/") for origin in settings.cors_origins}
        if settings.public_url:
            parts = urlsplit(settings.public_url)
            self._origins.add(f"{parts.scheme}://{parts.netloc}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = route_path(scope) if scope["type"] == "http" else ""
        if not path.startswith(GUARDED):
            await self._app(scope, receive, send)
            return
        if self._operations is None:
            self._operations = Operations(scope["app"])
        operation = self._operations.find(scope["method"], path)
        request = _Request(scope, path, Headers(scope=scope), operation)
        audit = Audit(None, operation=operation and operation.name)
        try:
            self._check_origin(request)
            if path == SESSION_PATH:
                await self._app(scope, receive, send)
                return
            principal = await self._identify(request)
            audit = _audit_of(request, principal)
            if principal is None:
                raise Unauthorized(
                    "unauthorized", "Send an API key as X-API-Key or as Authorization: Bearer."
                )
            access = await _permit(request, principal)
        except LookalikeError as refusal:
            audit.refused(refusal.code, refusal.status)
            await answer_to(refusal)(scope, receive, send)
            return
        scope[ACCESS] = access
        await _Answer(request, access, audit).run(self._app, receive, send)

    def _check_origin(self, request: "_Request") -> None:
        if request.scope["method"] in _SAFE_METHODS or self._origin_allowed(request.headers):
            return
        raise Forbidden(
            "foreign_origin",
            "Pages of this origin may not call Lookalike; name it in LOOKALIKE_CORS_ORIGINS.",
        )

    def _origin_allowed(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None or headers.get("sec-fetch-site") == "same-origin":
            return True
        if origin in self._origins or "*" in self._origins:
            return True
        try:
            return urlsplit(origin).netloc == headers.get("host", "") != ""
        except ValueError:
            return False

    async def _identify(self, request: "_Request") -> Principal | None:
        operation = request.operation
        if operation is not None and operation.rule.signed and b"signature=" in request.query:
            collection = operation.parameters.get("collection") or self._table(request)
            image, query = operation.parameters["image"], request.query.decode("latin-1")
            left = await request.ring.address_seconds(collection, image, query)
            if left > 0:
                request.seconds_left = left
                return Principal("address", "address", "signed address", collection=collection)
        return await request.ring.identify(request.headers)

    def _table(self, request: "_Request") -> str:
        """The collection of an address of v1."""
        given = parse_qs(request.query.decode("latin-1")).get("Table", [])
        return given[-1] if given else self._default_collection


class _Request:
    """A request to a guarded path; `seconds_left`: for how long its address is signed."""

    def __init__(
        self, scope: Scope, path: str, headers: Headers, operation: Operation | None
    ) -> None:
        self.scope = scope
        self.path = path
        self.headers = headers
        self.operation = operation
        self.query: bytes = scope.get("query_string", b"")
        self.seconds_left: float | None = None

    @property
    def ring(self) -> KeyRing:
        ring: KeyRing = self.scope["app"].state.services.key_ring
        return ring

    @property
    def jobs(self) -> Jobs:
        jobs: Jobs = self.scope["app"].state.services.jobs
        return jobs

    @property
    def parameters(self) -> Mapping[str, str]:
        return self.operation.parameters if self.operation else {}


def _audit_of(request: _Request, principal: Principal | None) -> Audit:
    operation = request.operation
    return Audit(
        principal,
        operation=operation and operation.name,
        action=operation and operation.rule.action,
        collection=request.parameters.get("collection"),
        parameters=request.parameters,
    )


async def _permit(request: _Request, principal: Principal) -> Access | None:
    """What a request may do. Raises NotAllowed, NotFound `job_not_found`, Unavailable."""
    operation = request.operation
    if operation is None:
        return None  # the router answers 404 or 405
    sign = await request.ring.signer(principal) if operation.rule.action == "read" else None
    access = Access(principal, operation.name, operation.rule, sign)
    match operation.rule.place:
        case Place.PATH:
            access.require(operation.parameters["collection"])
        case Place.SERVER:
            access.require_server()
        case Place.JOB | Place.LISTED | Place.GIVEN:
            access.require_somewhere()
    if access.requires_lookup:
        job_id = operation.parameters["job"]
        if not _ID.fullmatch(job_id):
            raise job_not_found(job_id)
        job = await to_thread.run_sync(request.jobs.get, job_id)
        access.require(job.spec.collection, called="the collection of this job")
    return access


class _Answer:
    """The answer to a request that was let in: logged, and an event stream only while it may be."""

    def __init__(self, request: _Request, access: Access | None, audit: Audit) -> None:
        self._request = request
        self._access = access
        self._audit = audit
        self._streams = False

    async def run(self, app: ASGIApp, receive: Receive, send: Send) -> None:
        with anyio.CancelScope() as running:

            async def watch(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self._begin(message)
                elif self._streams and not await self._may_go_on(message):
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
                    running.cancel()
                    await anyio.lowlevel.checkpoint()
                await send(message)

            await app(self._request.scope, receive, watch)

    def _begin(self, message: Message) -> None:
        access, status = self._access, int(message["status"])
        given = access is not None and access.rule.place is Place.GIVEN and not access.checked
        if given and status < 400:
            # A handler that forgets to ask answers nobody.
            raise RuntimeError("The operation did not require its collection.")
        headers = MutableHeaders(scope=message)
        self._streams = headers.get("content-type", "").startswith("text/event-stream")
        if self._request.seconds_left is not None and "cache-control" in headers:
            headers["Cache-Control"] = f"private, max-age={int(self._request.seconds_left)}"
        self._audit.granted(status)

    async def _may_go_on(self, message: Any) -> bool:
        if self._access is None:
            return True
        try:
            return await self._request.ring.is_valid(self._access.principal)
        except Unavailable:
            # Comments hold nothing, and tell that the stream outlives the outage.
            return bytes(message.get("body", b"")).startswith(b":")
