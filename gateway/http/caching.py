"""What browsers may keep, and what they need not be sent again."""

from collections.abc import Mapping

from fastapi import Response

_FOREVER = "private, max-age=31536000, immutable"
_A_DAY = "private, max-age=86400"
_NOT_MODIFIED = 304


def caching(wanted_version: str | None, current_version: str) -> str:
    """How long a browser may keep it: for ever, if its address names the content."""
    return _FOREVER if wanted_version == current_version else _A_DAY


def has_current(headers: Mapping[str, str], etag: str) -> bool:
    """Whether `If-None-Match` names what there is (RFC 9110, section 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(",")]
    return etag in tags or "*" in tags


def not_modified(etag: str, kept: str) -> Response:
    return Response(status_code=_NOT_MODIFIED, headers={"ETag": etag, "Cache-Control": kept})
