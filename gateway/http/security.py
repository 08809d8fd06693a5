"""The API keys of the setting, their sessions, and security headers."""

import hashlib
import hmac
from collections.abc import Sequence

from itsdangerous import BadSignature, TimestampSigner
from pydantic import SecretStr
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.settings import Settings

SESSION_COOKIE = "lookalike_session"
SESSION_SECONDS = 30 * 86400
SESSION_PATH = "/api/v2/session"

_SESSION = "session"


class ApiKeys:
    """The API keys of the setting, and the sessions signed with them."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        self._keys = [key.get_secret_value().encode() for key in keys]

    @property
    def required(self) -> bool:
        return bool(self._keys)

    def accepts(self, key: str) -> bool:
        """Whether `key` is accepted; takes the same time for every key."""
        matches = [_equal(key.encode(errors="replace"), known) for known in self._keys]
        return any(matches)

    def find(self, keys: Sequence[str], session: str) -> int | None:
        """Which key, from 1 on, is one of `keys` or has opened `session`; None for none.

        Takes the same time for all `keys`.
        """
        found = None
        for index, known in enumerate(self._keys, 1):
            matches = [_equal(key.encode(errors="replace"), known) for key in keys]
            if any(matches) or (session and _is_session([known], session)):
                found = index
        return found

    def open_session(self, key: str) -> str:
        """A token for a cookie, valid for `SESSION_SECONDS` and while `key` is accepted."""
        return _signer([key.encode()]).sign(_SESSION).decode()

    def accepts_session(self, token: str) -> bool:
        """Whether `token` was made by `open_session` with a key that is still accepted."""
        return _is_session(self._keys, token)


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


def _is_session(keys: list[bytes], token: str) -> bool:
    try:
        signed = token.encode(errors="replace")
        value = _signer(keys).unsign(signed, max_age=SESSION_SECONDS)
    except BadSignature:
        return False
    return value == _SESSION.encode()


def _signer(keys: list[bytes]) -> TimestampSigner:
    """Signs with the last of `keys` and accepts the signatures of all of them."""
    return TimestampSigner(
        keys, salt="lookalike.session", key_derivation="hmac", digest_method=hashlib.sha256
    )
