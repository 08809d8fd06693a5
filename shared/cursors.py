"""Cursors of image lists: where the next page begins, in a form that says nothing to clients."""

import base64
import binascii
import json
import re
from typing import Literal, NamedTuple

from shared.domain.image import ID_PATTERN
from shared.errors import InvalidRequest

Order = Literal["id", "added_at", "-added_at"]

_ID = re.compile(ID_PATTERN)
#: Unix microseconds for longer than anyone will ask.
_TIMES = range(-(2**60), 2**60)


class Position(NamedTuple):
    """The last image of a page; `added_at` only where the order is by it."""

    id: str
    added_at: int | None = None


def encode(order: Order, position: Position) -> str:
    """The cursor of the page after `position`."""
    text = json.dumps([order, position.id, position.added_at], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(order: Order, cursor: str) -> Position:
    """The position that a cursor of this order names. Raises InvalidRequest `invalid_cursor`."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found, image, added_at = json.loads(raw)
        valid = found == order and _ID.fullmatch(image) is not None
        if order == "id":
            valid = valid and added_at is None
        else:
            valid = valid and type(added_at) is int and added_at in _TIMES
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise _invalid() from error
    if not valid:
        raise _invalid()
    return Position(image, added_at)


def _invalid() -> InvalidRequest:
    return InvalidRequest(
        "invalid_cursor",
        "The cursor is none that this list gave in this order; start again without it.",
    )
