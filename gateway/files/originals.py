"""A stored image's own file."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from shared.domain.image import ImageRow
from shared.errors import NotFound, NotPermitted, PictureError
from shared.files.formats import SNIFF_BYTES, Format, sniff
from shared.files.paths import not_permitted, open_image, resolve_uri
from shared.settings import Settings


@dataclass(frozen=True)
class Original:
    """An image's open file, its format by its content, and the version of what it holds."""

    file: BinaryIO
    status: os.stat_result
    format: Format
    version: str


def open_original(row: ImageRow, collection: str, settings: Settings) -> Original:
    """An image's file, checked to be a picture. Whoever asks closes it.

    Raises NotFound `missing`, `outside_roots`, `unreadable`, `unsupported_format`, NotPermitted.
    """
    try:
        file = open_image(row.uri, collection, settings)
    except NotPermitted:
        raise
    except PictureError as error:
        raise NotFound(error.code, error.detail) from error
    found = sniff(file.read(SNIFF_BYTES))
    if found is None:
        file.close()
        raise NotFound("unsupported_format", "The image's file is no longer a picture.")
    status = os.fstat(file.fileno())
    return Original(file, status, found, version_of(row.uri, status))


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
    except PermissionError as error:
        raise not_permitted(error) from error
    except OSError as error:
        raise NotFound("missing", "The image's file is gone.") from error
    return path


def version(picture: Path, size: int = 0) -> str:
    """The version of a file, or of its thumbnail of `size`. Raises OSError."""
    return version_of(str(picture), picture.stat(), size)


def version_of(name: str, status: os.stat_result, size: int = 0) -> str:
    """Identifies a content by its file's name, length and mtime, and a thumbnail's size.

    32 hex digits.
    """
    facts = f"{name}|{status.st_size}|{status.st_mtime_ns}|{size}"
    return hashlib.sha256(os.fsencode(facts)).hexdigest()[:32]
