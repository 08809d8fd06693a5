"""The keys that a gateway accepts: those of its setting, and those that are stored."""

import asyncio
import hashlib
import math
import time
from collections.abc import Sequence

from itsdangerous import BadSignature, TimestampSigner
from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from gateway.http import signatures
from gateway.http.access import ANYBODY, Principal, SignAddress
from gateway.http.rate_limits import RateLimits
from gateway.http.security import SESSION_COOKIE, SESSION_SECONDS, ApiKeys
from shared.domain.api_key import ApiKey, id_in
from shared.errors import Unavailable, redis_unavailable
from shared.ledger import AsyncApiKeys, KeyTable
from shared.log import get_logger

_log = get_logger(__name__)

#: For so long the stored keys are taken to be as they were read last: a key that another gateway
#: revoked is refused after that.
FRESH_SECONDS = 1.0
#: A read that takes longer counts as failed; the next one is tried after the second of these.
_PATIENCE_SECONDS = 1.0
_FAILED_SECONDS = 2.0
#: The last use of a key is written so often at most.
_USE_SECONDS = 60.0
#: Compared with a text that names no key, so that this takes as long as with one that does.
_NO_KEY = ApiKey(
    id="", name="", digest="0" * 64, actions=(), collections=(), created_at=0, created_by=""
)


class KeyRing:
    """Tells who sends a request.

    Keys of the setting are known without Redis, and administer everything. Stored keys are known
    while Redis answers. Where there are neither, everything is open to anybody; stored ones that
    this version cannot read open nothing, and keep all closed. What a gateway has
    learnt of that holds while Redis is away, since nobody can store a key meanwhile. A gateway that
    has not learnt it refuses everything.
    """

    def __init__(self, administrators: ApiKeys, stored: AsyncApiKeys, limits: RateLimits) -> None:
        self._administrators = administrators
        self._stored = stored
        self._limits = limits
        self._lock = asyncio.Lock()
        self._table: KeyTable | None = None
        self._read_at = self._failed_at = -math.inf
        self._changed = False
        self._used: dict[str, float] = {}

    async def identify(self, headers: Headers) -> Principal | None:
        """Who sent a request with these headers; None where a key is needed and there is none.

        Raises RateLimited; Unavailable where that cannot be known.
        """
        texts = _texts(headers)
        cookie = cookie_parser(headers.get("cookie", "")).get(SESSION_COOKIE, "")
        index = self._administrators.find(texts, cookie)
        if index is not None:
            return Principal("administrator", f"setting-{index}", f"administrator {index}")
        if id_in_session(cookie) is None and not any(map(id_in, texts)):
            if self._administrators.required or not await self._is_open():
                return None
            return ANYBODY
        return await self._holder(texts, cookie)

    async def _holder(self, texts: Sequence[str], cookie: str) -> Principal | None:
        table = await self._fresh()
        if not self._administrators.required and not table.in_force:
            return ANYBODY
        key = self._key(table, texts, cookie)
        if key is None:
            return None
        await self._limits.count(key)
        await self._note_use(key)
        return Principal("key", key.id, key.name, key)

    def _key(self, table: KeyTable, texts: Sequence[str], cookie: str) -> ApiKey | None:
        named = [(text, key_id) for text in texts if (key_id := id_in(text)) is not None]
        for text, key_id in named:
            key = table.keys.get(key_id, _NO_KEY)
            if key.is_text(text) and not key.expired(self._now(table)):
                return key
        name = id_in_session(cookie)
        if name is None or table.secret is None:
            return None
        holder = table.keys.get(name)
        if holder is None or holder.expired(self._now(table)):
            return None
        return holder if _is_session(table.secret, cookie) else None

    async def is_valid(self, principal: Principal) -> bool:
        """Whether who was identified before still is who he was. Raises Unavailable."""
        if principal.key is None:
            return True
        table = await self._fresh()
        key = table.keys.get(principal.key.id)
        return key is not None and not key.expired(self._now(table))

    async def open_session(self, text: str) -> str | None:
        """A token for a cookie, good for `SESSION_SECONDS` and while the key is.

        None for what is no key, empty where none is needed. Raises Unavailable.
        """
        if self._administrators.accepts(text):
            return self._administrators.open_session(text)
        if not self._administrators.required and await self._is_open():
            return ""
        if id_in(text) is None:
            return None
        table = await self._fresh()
        key = self._key(table, [text], "")
        if key is None or table.secret is None:
            return None
        return _session_signer(table.secret).sign(f"key-{key.id}").decode()

    async def address_seconds(self, collection: str, image: str, query: str) -> float:
        """For how long a query string signs the address of an image; 0 or less if it does not.

        Raises Unavailable where the secret has never been read.
        """
        table = self._table
        if table is None or table.secret is None:
            table = await self._fresh()
        if table.secret is None:
            return 0.0
        return signatures.seconds_left(table.secret, collection, image, query, self._now(table))

    async def signer(self, principal: Principal) -> SignAddress | None:
        """What signs addresses in the reply to `principal`; None where they need no signature.

        Also None while the secret cannot be read: those who have a key need no signature.
        """
        if principal.kind == "anybody":
            return None
        try:
            table = await self._fresh()
        except Unavailable:
            return None
        secret, now = table.secret, self._now(table)
        if secret is None:
            return None
        return lambda collection, image: signatures.signed_query(secret, collection, image, now)

    def forget(self) -> None:
        """Read the stored keys again for the next request: this gateway has changed them."""
        self._changed = True

    async def _is_open(self) -> bool:
        try:
            return not (await self._fresh()).in_force
        except Unavailable:
            if self._table is not None and not self._table.in_force:
                return True
            raise

    async def _fresh(self) -> KeyTable:
        """The stored keys, as they were a second ago at the latest. Raises Unavailable."""
        if self._table is not None and self._is_fresh():
            return self._table
        async with self._lock:
            if self._table is not None and self._is_fresh():
                return self._table
            now = time.monotonic()
            if now - self._failed_at < _FAILED_SECONDS:
                raise redis_unavailable()
            self._changed = False
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    signs = self._administrators.required
                    table = await self._stored.read(self._table, signs=signs)
            except (Unavailable, TimeoutError) as error:
                self._failed_at, self._changed = time.monotonic(), True
                if isinstance(error, Unavailable):
                    raise
                raise redis_unavailable() from error
            # From before it was asked: what changed meanwhile is not fresh.
            self._table, self._read_at = table, now
            return table

    def _is_fresh(self) -> bool:
        return not self._changed and time.monotonic() - self._read_at < FRESH_SECONDS

    def _now(self, table: KeyTable) -> float:
        """Unix seconds by Redis's clock."""
        return table.now + max(0.0, time.monotonic() - self._read_at)

    async def _note_use(self, key: ApiKey) -> None:
        now = time.monotonic()
        if now - self._used.get(key.id, -math.inf) < _USE_SECONDS or self._table is None:
            return
        self._used[key.id] = now
        try:
            await self._stored.note_use(key.id, self._now(self._table))
        except Unavailable as error:
            # A Redis that is full answers questions all the same.
            _log.debug("key_use_lost", key=key.id, error=str(error))


def id_in_session(cookie: str) -> str | None:
    """The id of the stored key that a session's token names, signed or not."""
    value, found, _ = cookie.partition(".")
    return value.removeprefix("key-") if found and value.startswith("key-") else None


def _is_session(secret: bytes, cookie: str) -> bool:
    try:
        signed = cookie.encode(errors="replace")
        _session_signer(secret).unsign(signed, max_age=SESSION_SECONDS)
    except BadSignature:
        return False
    return True


def _session_signer(secret: bytes) -> TimestampSigner:
    return TimestampSigner(
        secret, salt="lookalike.key-session", key_derivation="hmac", digest_method=hashlib.sha256
    )


def _texts(headers: Headers) -> list[str]:
    """The keys that a request carries. A header that comes twice is none: who sent which?"""
    given, bearers = headers.getlist("x-api-key"), headers.getlist("authorization")
    texts = given if len(given) == 1 else []
    scheme, _, bearer = bearers[0].partition(" ") if len(bearers) == 1 else ("", "", "")
    return [*texts, bearer.strip()] if scheme.lower() == "bearer" else [*texts]
