"""Paths of image files: under the image roots, or among the stored uploads.

Every path from outside is resolved, symbolic links included, and must be under an image root,
both when a load is accepted and again each time a file is opened.
"""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from shared.errors import InvalidRequest, PictureError
from shared.files.uris import FILE_SCHEME, UPLOAD_NAME, UPLOAD_SCHEME, file_path
from shared.settings import Settings

#: A FIFO or device in place of a file must not block the reader (O_NONBLOCK, then a check of its
#: type), nor a symbolic link be followed.
OPEN_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


def resolve_directory(path: str, settings: Settings) -> Path:
    """The real directory that a caller's `path` names.

    Raises InvalidRequest: `no_image_roots`, `path_outside_roots`, `path_not_found`,
    `not_a_directory`. Outside the roots the answer is the same whether the path exists or not.
    """
    roots = settings.image_roots
    if not roots:
        raise InvalidRequest(
            "no_image_roots", "No image root is set. Start Lookalike with LOOKALIKE_IMAGE_ROOTS."
        )
    if "\0" in path:
        raise InvalidRequest("path_outside_roots", "A path cannot hold a null character.")
    wanted = Path(path)
    candidates = [wanted] if wanted.is_absolute() else [root / wanted for root in roots]
    inside = [p for p in map(_resolve, candidates) if p is not None and is_under(p, roots)]
    if not inside:
        raise InvalidRequest(
            "path_outside_roots",
            "The path is not under an image root. GET /api/v2/system names the image roots.",
        )
    found = next((p for p in inside if p.exists()), None)
    if found is None:
        raise InvalidRequest("path_not_found", f"There is no directory {path!r}.")
    if not found.is_dir():
        raise InvalidRequest("not_a_directory", f"{path!r} is a file; give a directory.")
    return found


def is_under(path: Path, roots: tuple[Path, ...]) -> bool:
    """Whether a resolved path is an image root or under one."""
    return any(path == root or root in path.parents for root in roots)


def resolve_uri(uri: str, collection: str, settings: Settings) -> Path:
    """The real path of an image file, which need not exist.

    Raises PictureError `outside_roots`, `unreadable`.
    """
    if uri.startswith(UPLOAD_SCHEME):
        return upload_path(uri, collection, settings)
    if not uri.startswith(FILE_SCHEME):
        raise PictureError("unreadable", "Only file:// and upload:// uris can be read.")
    path = _resolve(file_path(uri))
    if path is None or not is_under(path, settings.image_roots):
        raise PictureError(
            "outside_roots",
            "The file is outside the image roots; a symbolic link may lead out of them.",
        )
    return path


def upload_path(uri: str, collection: str, settings: Settings) -> Path:
    """The path of an upload to `collection`: named by its content's hash, not by the uploader."""
    match = UPLOAD_NAME.match(uri.removeprefix(UPLOAD_SCHEME))
    if match is None:
        raise PictureError("unreadable", "The uri does not name an upload.")
    return settings.uploads_dir / collection / match[1][:2] / match[0]


def open_image(uri: str, collection: str, settings: Settings) -> BinaryIO:
    """Open an image file for reading; its path is resolved and checked again.

    Raises PictureError `outside_roots`, `missing`, `unreadable`.
    """
    path = resolve_uri(uri, collection, settings)
    try:
        descriptor = os.open(path, OPEN_FLAGS)
    except FileNotFoundError as error:
        raise PictureError("missing", "The file is gone.") from error
    except OSError as error:
        raise PictureError("unreadable", f"The file cannot be read: {error.strerror}.") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise PictureError("unreadable", "This is not a regular file.")
    return os.fdopen(descriptor, "rb", buffering=0)


def _resolve(path: Path) -> Path | None:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return None
