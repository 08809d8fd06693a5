"""A time and a tag in one number, for files whose place tells by a tag whether they changed.

A row has one number beside a file's size to tell a change by (`mtime_ns`), which is also shown as
the file's time. Its whole seconds are the time here, and the nine digits below them a hash of the
tag. Two contents of one size are taken for the same in one of 10^9 changes.
"""

import hashlib

_DIGITS = 10**9
#: The seconds that fit into an int64 of nanoseconds.
_MAX_SECONDS = 2**63 // _DIGITS - 1


def stamp(seconds: float, tag: str) -> int:
    """A file's time in Unix seconds, and the tag that changes with its content."""
    whole = int(max(-_MAX_SECONDS, min(_MAX_SECONDS, seconds)))
    digest = hashlib.sha256(tag.encode("utf-8", "surrogateescape")).digest()
    return whole * _DIGITS + int.from_bytes(digest[:8], "big") % _DIGITS


def same_tag(one: int, other: int) -> bool:
    """Whether two stamps have one tag, whatever their times."""
    return one % _DIGITS == other % _DIGITS
