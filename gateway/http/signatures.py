"""Signed addresses of pictures, which an <img> can load without a header."""

import hashlib
from urllib.parse import parse_qs

from itsdangerous import Signer

#: Addresses that are signed within one step are equal, so that caches know them again. Each is good
#: for one to two steps.
STEP_SECONDS = 3 * 3600


def signed_query(secret: bytes, collection: str, image: str, now: float) -> str:
    """The query parameters that let whoever has them read one image, for a few hours from `now`.

    They cover its content and its thumbnails.
    """
    expires = str((int(now) // STEP_SECONDS + 2) * STEP_SECONDS)
    return f"expires={expires}&signature={_signature(secret, collection, image, expires)}"


def seconds_left(secret: bytes, collection: str, image: str, query: str, now: float) -> float:
    """For how long a query string signs the address of an image; 0 or less if it does not."""
    given = parse_qs(query, keep_blank_values=True)
    match given.get("expires"), given.get("signature"):
        case [str(expires)], [str(signature)] if expires.isascii() and expires.isdecimal():
            # Compared in constant time, and as it was signed: `007` is not `7`.
            if _signer(secret).verify_signature(_value(collection, image, expires), signature):
                return int(expires) - now
    return 0.0


def _signature(secret: bytes, collection: str, image: str, expires: str) -> str:
    return _signer(secret).get_signature(_value(collection, image, expires)).decode()


def _value(collection: str, image: str, expires: str) -> str:
    # None of the three can hold a slash.
    return f"{collection}/{image}/{expires}"


def _signer(secret: bytes) -> Signer:
    return Signer(
        secret, salt="lookalike.picture", key_derivation="hmac", digest_method=hashlib.sha256
    )
