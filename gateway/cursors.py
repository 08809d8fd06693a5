"""Opaque cursors for lists that are ordered by a name."""

import base64
import binascii

from shared.errors import InvalidRequest


def encode(last: str) -> str:
    """The cursor of the page that begins after `last`."""
    return base64.urlsafe_b64encode(last.encode()).decode()


def decode(cursor: str | None) -> str:
    """The name after which a page begins, empty for the first. Raises `invalid_cursor`."""
    if cursor is None:
        return ""
    try:
        return base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest(
            "invalid_cursor", "The cursor is none that a list gave; start again without it."
        ) from error
