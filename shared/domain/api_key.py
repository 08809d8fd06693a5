"""Stored API keys: what each may do, and the text that its holder sends."""

import hashlib
import hmac
import re
import secrets
from fnmatch import fnmatchcase
from typing import Literal

from shared.domain.base import Frozen

Action = Literal["read", "write", "delete", "admin"]

#: Letters, digits and underscores as in names of collections, and `*` for any number of them.
PATTERN_PATTERN = r"^[A-Za-z0-9_*]{1,63}$"
EVERYTHING = "*"

_SECRET_BYTES = 32
#: `lk_`, the key's id, and 256 random bits. The prefix lets scanners for leaked secrets find it.
_TOKEN = re.compile(r"lk_([0-9a-f]{32})_[A-Za-z0-9_-]{43}")


class ApiKey(Frozen):
    """A key as it is stored. Times in Unix seconds, by the clock of Redis.

    `digest` is the SHA-256 of its text, in hex: the text has 256 random bits, so that nothing is
    gained by a slow hash. `admin` includes the other actions. Each of `collections` is a name, or a
    pattern with `*`.
    """

    id: str
    name: str
    digest: str
    actions: tuple[Action, ...]
    collections: tuple[str, ...]
    created_at: float
    created_by: str
    expires_at: float | None = None
    rate_per_minute: int | None = None

    def permits(self, action: Action) -> bool:
        """Whether it may do this with its collections."""
        return action in self.actions or "admin" in self.actions

    def covers(self, collection: str) -> bool:
        """Whether a collection, which need not exist, is one of its own."""
        return any(fnmatchcase(collection, pattern) for pattern in self.collections)

    @property
    def covers_all(self) -> bool:
        """Whether it is for every collection that there may ever be."""
        return EVERYTHING in self.collections

    def is_text(self, text: str) -> bool:
        """Whether `text` is this key; takes the same time for each."""
        return hmac.compare_digest(digest_of(text), self.digest)

    def expired(self, now: float) -> bool:
        """Whether its time is over at `now`, in Unix seconds."""
        return self.expires_at is not None and self.expires_at <= now


def new_text(key_id: str) -> str:
    """The text of a new key with this id, 32 hex digits. It is in no other place."""
    return f"lk_{key_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"


def id_in(text: str) -> str | None:
    """The id that a key's text names; None for what is no such text."""
    match = _TOKEN.fullmatch(text)
    return match[1] if match else None


def digest_of(text: str) -> str:
    """The SHA-256 of a key's text, in hex."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
