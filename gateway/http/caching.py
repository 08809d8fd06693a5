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


def not_modified(headers: Mapping[str, str]) -> Response:
    """A 304 with the ETag and Cache-Control that the full answer would have."""
    return Response(status_code=_NOT_MODIFIED, headers=dict(headers))
