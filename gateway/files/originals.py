"""A picture's own bytes over HTTP: the right type, ranges, and nothing from outside the roots."""

import hashlib
import os
import stat
from pathlib import Path

from shared.domain.image import ImageRow
from shared.errors import NotFound, PictureError
from shared.files.paths import resolve_uri
from shared.settings import Settings


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


def version(picture: Path, size: int = 0) -> str:
    """Names what a file holds now, by its path, length and time, 32 hex digits.

    Raises OSError.
    """
    status = picture.stat()
    facts = f"{picture}|{status.st_size}|{status.st_mtime_ns}|{size}"
    return hashlib.sha256(os.fsencode(facts)).hexdigest()[:32]
