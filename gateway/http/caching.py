"""Cache-Control and conditional requests."""

from collections.abc import Mapping

from fastapi import Response

_FOREVER = "private, max-age=31536000, immutable"
_A_DAY = "private, max-age=86400"
_NOT_MODIFIED = 304


def cache_control(wanted_version: str | None, current_version: str) -> str:
    """The Cache-Control of an answer: for ever if its address names the content's version."""
    return _FOREVER if wanted_version == current_version else _A_DAY


def has_current(headers: Mapping[str, str], etag: str) -> bool:
    """Whether `If-None-Match` names the current ETag (RFC 9110, section 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(",")]
    return etag in tags or "*" in tags


def if_match(header: str | None) -> frozenset[str] | None:
    """The versions that `If-Match` names; None where any will do (RFC 9110, section 13.1.1).

    A weak tag names none, as the comparison is a strong one.
    """
    if header is None or header.strip() == "*":
        return None
    tags = (tag.strip() for tag in header.split(","))
    return frozenset(tag[1:-1] for tag in tags if len(tag) > 1 and tag[0] == tag[-1] == '"')


def etag(version: str) -> str:
    """The ETag of a version."""
    return f'"{version}"'


def not_modified(headers: Mapping[str, str]) -> Response:
    """A 304 with the ETag and Cache-Control that the full answer would have."""
    return Response(status_code=_NOT_MODIFIED, headers=dict(headers))
