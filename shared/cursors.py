"""Cursors of paged lists: the position of the next page, opaque to clients."""

import base64
import binascii
import json
from typing import Any

from shared.errors import invalid_cursor


def encode(*position: str | float | None) -> str:
    """The cursor of the page that begins after `position`."""
    text = json.dumps(position, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, *types: type) -> tuple[Any, ...]:
    """The position that a cursor names, of these types. Raises InvalidRequest `invalid_cursor`."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        position = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise invalid_cursor() from error
    if not isinstance(position, list) or [type(item) for item in position] != list(types):
        raise invalid_cursor()
    return tuple(position)
