"""A picture's own bytes over HTTP: the right type, ranges, and nothing from outside the roots."""

import stat
from collections.abc import Mapping
from pathlib import Path

from fastapi import Response
from fastapi.responses import FileResponse

from gateway.files.thumbnails import version
from gateway.schemas.urls import version as content_version
from shared.domain.image import ImageRow
from shared.errors import NotFound, PictureError
from shared.files.formats import MEDIA_TYPES, SNIFF_BYTES, sniff
from shared.files.paths import open_image, resolve_uri
from shared.settings import Settings

_FOREVER = "private, max-age=31536000, immutable"
_A_DAY = "private, max-age=86400"
_NOT_MODIFIED = 304


def picture_path(row: ImageRow, collection: str, settings: Settings) -> Path:
    """Where an image's file is, once it is sure that it may be read and is a regular file.

    Raises NotFound `missing`, `outside_roots`, `unreadable`.
    """
    try:
        path = resolve_uri(row.uri, collection, settings)
        if not stat.S_ISREG(path.stat().st_mode):
            raise PictureError("unreadable", "The image's file is no file any more.")
    except PictureError as error:
        raise NotFound(error.code, error.detail) from error
    except OSError as error:
        raise NotFound("missing", "The image's file is gone.") from error
    return path


def picture_response(
    row: ImageRow,
    collection: str,
    settings: Settings,
    headers: Mapping[str, str],
    wanted_version: str | None,
) -> Response:
    """An image's bytes, or 304 where the caller has them; ranges as asked for.

    Raises NotFound `missing`, `outside_roots`, `unreadable`, `unsupported_format`.
    """
    path = picture_path(row, collection, settings)
    try:
        with open_image(row.uri, collection, settings) as file:
            found = sniff(file.read(SNIFF_BYTES))
    except PictureError as error:
        raise NotFound(error.code, error.detail) from error
    if found is None:
        raise NotFound("unsupported_format", "The image's file is no picture any more.")
    kept = caching(row, wanted_version)
    etag = f'"{version(path)}"'
    if has_current(headers, etag):
        return not_modified(etag, kept)
    return FileResponse(
        path,
        media_type=MEDIA_TYPES[found],
        headers={"ETag": etag, "Cache-Control": kept},
        stat_result=path.stat(),
    )


def caching(row: ImageRow, wanted_version: str | None) -> str:
    """How long a browser may keep it: for ever, if its address names the content."""
    return _FOREVER if wanted_version == content_version(row) else _A_DAY


def has_current(headers: Mapping[str, str], etag: str) -> bool:
    """Whether `If-None-Match` names what there is (RFC 9110, section 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(",")]
    return etag in tags or "*" in tags


def not_modified(etag: str, kept: str) -> Response:
    return Response(status_code=_NOT_MODIFIED, headers={"ETag": etag, "Cache-Control": kept})
