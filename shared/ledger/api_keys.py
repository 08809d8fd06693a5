"""Stored API keys, and the secret with which gateways sign for those who hold some."""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shared.domain.api_key import ApiKey
from shared.errors import Conflict, NotFound
from shared.ledger import keys
from shared.log import get_logger
from shared.redis import AsyncRedisClient, RedisClient, outages_as_unavailable, seconds

_log = get_logger(__name__)

#: Stored keys. Each gateway keeps all of them in memory.
MAX_KEYS = 1000
_SECRET_BYTES = 32


class ApiKeys:
    """The stored keys, as those who administer them see them."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    def now(self) -> float:
        """Unix seconds by the clock of Redis, by which keys expire."""
        return seconds(self._redis.time())

    def add(self, key: ApiKey) -> None:
        """Store a new key. Raises Conflict `too_many_keys`."""
        if self._redis.hlen(keys.API_KEYS) >= MAX_KEYS:
            raise Conflict("too_many_keys", f"There are {MAX_KEYS} keys at most; delete some.")
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(keys.API_KEYS, key.id, key.model_dump_json())
            pipe.set(keys.API_KEYS_VERSION, uuid.uuid4().hex)
            pipe.execute()

    def remove(self, key_id: str, *, keep_last: bool = False) -> None:
        """Delete a key for good. Raises NotFound `key_not_found`.

        With `keep_last` the only one that there is stays: Conflict `last_key`.
        """

        def queue(pipe: RedisClient) -> None:
            last = keep_last and pipe.hlen(keys.API_KEYS) == 1
            if last and pipe.hexists(keys.API_KEYS, key_id):
                raise Conflict(
                    "last_key",
                    "Without this key everything would be open to anybody. Put a key into "
                    "LOOKALIKE_API_KEYS, or create another one, first.",
                )
            pipe.multi()
            pipe.hdel(keys.API_KEYS, key_id)
            pipe.hdel(keys.API_KEYS_USED, key_id)
            pipe.set(keys.API_KEYS_VERSION, uuid.uuid4().hex)

        removed, *_ = self._redis.transaction(queue, keys.API_KEYS)
        if not removed:
            raise key_not_found(key_id)

    def list(self) -> Sequence[tuple[ApiKey, float | None]]:
        """All keys, the oldest first, each with the Unix seconds of its last use."""
        used = self._redis.hgetall(keys.API_KEYS_USED)
        found = _readable(self._redis.hgetall(keys.API_KEYS)).values()
        return [
            (key, float(used[key.id.encode()]) if key.id.encode() in used else None)
            for key in sorted(found, key=lambda key: (key.created_at, key.id))
        ]


class KeyTable(NamedTuple):
    """The stored keys at one moment; `now` is that moment, in Unix seconds by Redis's clock.

    `in_force`: whether any are stored, even if this version can read none of them.
    `secret` signs sessions and addresses, the same in all gateways; None before it was needed.
    """

    version: bytes | None
    keys: Mapping[str, ApiKey]
    secret: bytes | None
    now: float
    in_force: bool


class AsyncApiKeys:
    """The same keys for asyncio, as a gateway checks requests with them."""

    def __init__(self, redis: AsyncRedisClient) -> None:
        self._redis = redis

    async def read(self, known: KeyTable | None, *, signs: bool) -> KeyTable:
        """The keys as they are now; of a table that is `known` only what has changed is read.

        There is a secret if there are keys, or if the gateway `signs` without.
        """
        with outages_as_unavailable():
            async with self._redis.pipeline(transaction=True) as pipe:
                version, secret, now = await (
                    pipe.get(keys.API_KEYS_VERSION).get(keys.SIGNING_SECRET).time().execute()
                )
            if known is not None and known.version == version:
                found, in_force = known.keys, known.in_force
            else:
                async with self._redis.pipeline(transaction=True) as pipe:
                    version, raw = await (
                        pipe.get(keys.API_KEYS_VERSION).hgetall(keys.API_KEYS).execute()
                    )
                found, in_force = _readable(raw), bool(raw)
            if secret is None and (in_force or signs):
                # The first gateway makes it.
                made = secrets.token_hex(_SECRET_BYTES)
                await self._redis.set(keys.SIGNING_SECRET, made, nx=True)
                secret = await self._redis.get(keys.SIGNING_SECRET)
        return KeyTable(version, found, secret, seconds(now), in_force)

    async def note_use(self, key_id: str, at: float) -> None:
        """Remember that a key was used at `at`, in Unix seconds."""
        await self._redis.hset(keys.API_KEYS_USED, key_id, repr(at))


def key_not_found(key_id: str) -> NotFound:
    return NotFound("key_not_found", f"There is no stored key {key_id!r}.")


def _readable(raw: Mapping[bytes, bytes]) -> dict[str, ApiKey]:
    """The keys that this version can read. What it cannot read opens nothing."""
    found = {}
    for key_id, text in raw.items():
        try:
            found[key_id.decode()] = ApiKey.model_validate_json(text)
        except ValueError:
            _log.error("api_key_unreadable", key=key_id.decode(errors="replace"))
    return found
