"""Buckets as callers name them: checked, and listed for the page's fields."""

from collections.abc import Sequence

from shared import cursors
from shared.domain import bucket
from shared.errors import (
    InvalidRequest,
    NotPermitted,
    PictureError,
    Unavailable,
    invalid_cursor,
)
from shared.files.uris import BUCKET_SCHEMES
from shared.sources import Files

#: More than a key has, which clouds hold to 1,024 bytes.
_MAX_KEY = 2048


def is_bucket(path: str) -> bool:
    """Whether a path is the address of a bucket."""
    return path.startswith(BUCKET_SCHEMES)


def resolve_bucket(url: str, roots: Sequence[str]) -> bucket.BucketLocation:
    """The bucket, or a prefix in it, that a caller names. No bucket is asked.

    Raises InvalidRequest `no_bucket_roots`, `invalid_bucket`, `bucket_outside_roots`.
    """
    if not roots:
        raise InvalidRequest(
            "no_bucket_roots", "No bucket may be read. Start Lookalike with LOOKALIKE_BUCKET_ROOTS."
        )
    try:
        location = bucket.parse(url)
    except ValueError as error:
        raise InvalidRequest("invalid_bucket", str(error)) from error
    if not bucket.is_within(location, roots):
        raise InvalidRequest(
            "bucket_outside_roots",
            "The bucket or prefix is none of those that may be read (LOOKALIKE_BUCKET_ROOTS).",
        )
    return location


def list_prefixes(
    url: str, cursor: str | None, limit: int, roots: Sequence[str], files: Files
) -> tuple[Sequence[str], str | None]:
    """The addresses of the folders directly below one, by name; and the next page's cursor or None.

    Raises InvalidRequest as `resolve_bucket` does, `path_not_found`, `invalid_cursor`;
    NotPermitted, and Unavailable `unreachable`.
    """
    location = resolve_bucket(url, roots)
    after = cursors.decode(cursor, str)[0] if cursor else ""
    if not _is_key(after):
        raise invalid_cursor()
    try:
        names, rest = files.buckets.folders(location, after, limit)
    except NotPermitted:
        raise
    except PictureError as error:
        if error.code == "missing":
            raise InvalidRequest("path_not_found", "There is no such bucket.") from error
        raise Unavailable("unreachable", error.detail) from error
    found = [f"{location.address}/{name}" for name in names]
    return found, None if rest is None else cursors.encode(rest)


def _is_key(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return len(text) <= _MAX_KEY
