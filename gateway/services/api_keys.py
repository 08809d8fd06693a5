"""Stored API keys: made, listed, revoked."""

import uuid
from collections.abc import Callable, Sequence
from typing import NamedTuple

from shared.domain.api_key import Action, ApiKey, digest_of, new_text
from shared.errors import InvalidRequest
from shared.ledger import ApiKeys


class KeyWishes(NamedTuple):
    """What a new key is to be; `expires_at` in Unix seconds."""

    name: str
    actions: tuple[Action, ...]
    collections: tuple[str, ...]
    expires_at: float | None
    rate_per_minute: int | None


class ApiKeyService:
    """Raises Unavailable. `changed` is called when this gateway has to read the keys again.

    With `keep_last` one key stays: without any, everything would be open.
    """

    def __init__(self, keys: ApiKeys, changed: Callable[[], None], *, keep_last: bool) -> None:
        self._keys = keys
        self._changed = changed
        self._keep_last = keep_last

    def list(self) -> Sequence[tuple[ApiKey, float | None]]:
        """All keys, the oldest first, each with the Unix seconds of its last use."""
        return self._keys.list()

    def now(self) -> float:
        """Unix seconds by the clock by which keys expire."""
        return self._keys.now()

    def create(self, wishes: KeyWishes, created_by: str) -> tuple[ApiKey, str]:
        """Store a new key; with it its text, which nobody can tell later.

        Raises Conflict `too_many_keys`, InvalidRequest `already_expired`.
        """
        now = self._keys.now()
        if wishes.expires_at is not None and wishes.expires_at <= now:
            raise InvalidRequest("already_expired", "expires_at must be in the future.")
        key_id = uuid.uuid4().hex
        text = new_text(key_id)
        key = ApiKey(
            id=key_id,
            digest=digest_of(text),
            created_at=now,
            created_by=created_by,
            **wishes._asdict(),
        )
        self._keys.add(key)
        self._changed()
        return key, text

    def revoke(self, key_id: str) -> None:
        """Delete a key for good. Raises NotFound `key_not_found`, Conflict `last_key`."""
        self._keys.remove(key_id, keep_last=self._keep_last)
        self._changed()
