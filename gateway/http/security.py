"""API keys, sessions, the check of request origins, and security headers."""

import hashlib
import hmac
from collections.abc import Sequence
from urllib.parse import urlsplit

from itsdangerous import BadSignature, TimestampSigner
from pydantic import SecretStr
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.problems import problem_of
from shared.errors import LookalikeError, Unauthorized
from shared.settings import Settings

SESSION_COOKIE = "lookalike_session"
SESSION_SECONDS = 30 * 86400
SESSION_PATH = "/api/v2/session"

#: Paths that need a key. The others are the page's static files, the docs and the health checks.
_GUARDED = ("/api/", "/data/", "/metrics")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SESSION = "session"


class Forbidden(LookalikeError):
    """A browser sent this for a page of an origin that is not allowed."""

    status = 403
    title = "Forbidden"


class ApiKeys:
    """The accepted API keys, and the sessions signed with them. Without any, no key is required."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        self._keys = [key.get_secret_value().encode() for key in keys]

    @property
    def required(self) -> bool:
        return bool(self._keys)

    def accepts(self, key: str) -> bool:
        """Whether `key` is accepted; takes the same time for every key."""
        matches = [_equal(key.encode(errors="replace"), known) for known in self._keys]
        return any(matches)

    def open_session(self, key: str) -> str:
        """A token for a cookie, valid for `SESSION_SECONDS` and while `key` is accepted."""
        return _signer([key.encode()]).sign(_SESSION).decode()

    def accepts_session(self, token: str) -> bool:
        """Whether `token` was made by `open_session` with a key that is still accepted."""
        try:
            signed = token.encode(errors="replace")
            value = _signer(self._keys).unsign(signed, max_age=SESSION_SECONDS)
        except BadSignature:
            return False
        return value == _SESSION.encode()


class AccessControl:
    """Requires an API key, and refuses writes that come from pages of foreign origins.

    Any web page can make a browser post a form to 127.0.0.1. Browsers name the page's origin in
    such a request, and it is refused unless CORS allows that origin.
    """

    def __init__(self, app: ASGIApp, keys: ApiKeys, settings: Settings) -> None:
        self._app = app
        self._keys = keys
        self._origins = {origin.rstrip("/") for origin in settings.cors_origins}
        if settings.public_url:
            parts = urlsplit(settings.public_url)
            self._origins.add(f"{parts.scheme}://{parts.netloc}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            refusal = self._refusal(scope["method"], route_path(scope), headers)
            if refusal is not None:
                await problem_of(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, method: str, path: str, headers: Headers) -> LookalikeError | None:
        if not path.startswith(_GUARDED):
            return None
        if method not in _SAFE_METHODS and not self._origin_allowed(headers):
            return Forbidden(
                "foreign_origin",
                "Pages of this origin may not call Lookalike; name it in LOOKALIKE_CORS_ORIGINS.",
            )
        if not self._keys.required or path == SESSION_PATH or self._has_key(headers):
            return None
        return Unauthorized(
            "unauthorized", "Send an API key as X-API-Key or as Authorization: Bearer."
        )

    def _origin_allowed(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None or headers.get("sec-fetch-site") == "same-origin":
            return True
        if origin in self._origins or "*" in self._origins:
            return True
        return urlsplit(origin).netloc == headers.get("host", "") != ""

    def _has_key(self, headers: Headers) -> bool:
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        if self._keys.accepts(headers.get("x-api-key", "")):
            return True
        if scheme.lower() == "bearer" and self._keys.accepts(bearer.strip()):
            return True
        cookie = cookie_parser(headers.get("cookie", "")).get(SESSION_COOKIE, "")
        return self._keys.accepts_session(cookie)


class SecurityHeaders:
    """Adds these headers to every answer that does not set them itself.

    Pages of other origins may show pictures from here only where CORS allows some origin.
    """

    _DEFAULTS = (
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    )

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        users = "cross-origin" if settings.cors_origins else "same-origin"
        self._headers = (*self._DEFAULTS, ("Cross-Origin-Resource-Policy", users))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers:
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, add)


def route_path(scope: Scope) -> str:
    """The path as the routes see it: without the prefix that a proxy serves this app under."""
    path: str = scope["path"]
    prefix: str = scope.get("root_path", "")
    if prefix and (path == prefix or path.startswith(prefix + "/")):
        return path[len(prefix) :]
    return path


def _equal(left: bytes, right: bytes) -> bool:
    # Digests have one length, so the time taken does not even depend on the keys' lengths.
    return hmac.compare_digest(hashlib.sha256(left).digest(), hashlib.sha256(right).digest())


def _signer(keys: list[bytes]) -> TimestampSigner:
    """Signs with the last of `keys` and accepts the signatures of all of them."""
    return TimestampSigner(
        keys, salt="lookalike.session", key_derivation="hmac", digest_method=hashlib.sha256
    )
