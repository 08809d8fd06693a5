"""A stored image's own file."""

import hashlib
import os
import stat
from pathlib import Path
from typing import NamedTuple

from shared.domain.image import ImageRow
from shared.errors import NotFound, PictureError
from shared.files.formats import SNIFF_BYTES, Format, sniff
from shared.files.paths import open_image, resolve_uri
from shared.settings import Settings


class Original(NamedTuple):
    """An image's file, its format by its content, and the version of what it holds."""

    path: Path
    format: Format
    version: str


def find_original(row: ImageRow, collection: str, settings: Settings) -> Original:
    """An image's file, checked to be a picture.

    Raises NotFound `missing`, `outside_roots`, `unreadable`, `unsupported_format`.
    """
    path = picture_path(row, collection, settings)
    try:
        with open_image(row.uri, collection, settings) as file:
            found = sniff(file.read(SNIFF_BYTES))
    except PictureError as error:
        raise NotFound(error.code, error.detail) from error
    if found is None:
        raise NotFound("unsupported_format", "The image's file is no longer a picture.")
    return Original(path, found, version(path))


def picture_path(row: ImageRow, collection: str, settings: Settings) -> Path:
    """Where an image's file is, checked to be a regular file that may be read.

    Raises NotFound `missing`, `outside_roots`, `unreadable`.
    """
    try:
        path = resolve_uri(row.uri, collection, settings)
        if not stat.S_ISREG(path.stat().st_mode):
            raise PictureError("unreadable", "The image's file is no longer a regular file.")
    except PictureError as error:
        raise NotFound(error.code, error.detail) from error
    except OSError as error:
        raise NotFound("missing", "The image's file is gone.") from error
    return path


def version(picture: Path, size: int = 0) -> str:
    """Identifies a file's content by its path, length and mtime, and a thumbnail's by `size` too.

    32 hex digits. Raises OSError.
    """
    status = picture.stat()
    facts = f"{picture}|{status.st_size}|{status.st_mtime_ns}|{size}"
    return hashlib.sha256(os.fsencode(facts)).hexdigest()[:32]
