"""Paths of image files: under the image roots, or among the stored uploads.

Every path from outside is resolved, symbolic links included, and must be under an image root,
both when a load is accepted and again each time a file is opened.
"""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from shared.errors import InvalidRequest, NotPermitted, PictureError
from shared.files.uris import FILE_SCHEME, UPLOAD_NAME, UPLOAD_SCHEME, file_path
from shared.settings import Settings

#: O_PATH needs no permission to list a folder, only to pass through it; Linux alone has it.
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
#: A FIFO or device in place of a file must not block the reader (O_NONBLOCK, then a check of its
#: type), nor a symbolic link be followed.
OPEN_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


def resolve_directory(path: str, settings: Settings) -> Path:
    """The real directory that a caller's `path` names.

    Raises InvalidRequest: `no_image_roots`, `path_outside_roots`, `path_not_found`,
    `not_a_directory`, `unreadable`. Outside the roots the answer is the same whether the path
    exists or not.
    """
    found, mode = _resolve_existing(path, settings, "directory")
    if not stat.S_ISDIR(mode):
        raise InvalidRequest("not_a_directory", f"{path!r} is a file; give a directory.")
    return found


def resolve_file(path: str, settings: Settings) -> Path:
    """The real regular file that a caller's `path` names.

    Raises InvalidRequest as `resolve_directory` does, with `not_a_file` for what is none.
    """
    found, mode = _resolve_existing(path, settings, "file")
    if not stat.S_ISREG(mode):
        raise InvalidRequest("not_a_file", f"{path!r} is no file; give a file.")
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
        descriptor = _open_beneath(_root_of(path, settings), path)
    except FileNotFoundError as error:
        raise PictureError("missing", "The file is gone.") from error
    except PermissionError as error:
        raise not_permitted(error) from error
    except OSError as error:
        raise PictureError("unreadable", f"The file cannot be read: {error.strerror}.") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise PictureError("unreadable", "This is not a regular file.")
    return os.fdopen(descriptor, "rb", buffering=0)


def not_permitted(error: PermissionError) -> NotPermitted:
    return NotPermitted(
        "unreadable",
        f"The file cannot be read: {error.strerror}. Let the user that Lookalike runs as read it "
        "and pass through its folders.",
    )


def _root_of(path: Path, settings: Settings) -> Path:
    roots = (*settings.image_roots, settings.uploads_dir)
    return next(root for root in roots if is_under(path, (root,)))


def _open_beneath(root: Path, path: Path) -> int:
    """Open a resolved path folder by folder from its root, following no link.

    Between the check of a path and its opening, a folder of it may be replaced by a link that
    leads elsewhere. As every folder is opened in the one before it, that is an error here.
    """
    *folders, name = path.relative_to(root).parts
    descriptor = os.open(root, _FOLDER)
    try:
        for folder in folders:
            inner = os.open(folder, _FOLDER | os.O_NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        return os.open(name, OPEN_FLAGS, dir_fd=descriptor)
    finally:
        os.close(descriptor)


def _resolve_existing(path: str, settings: Settings, noun: str) -> tuple[Path, int]:
    """What a caller's path names under the image roots, and what kind of file it is."""
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
    modes = [(candidate, _mode(candidate)) for candidate in inside]
    found = next(((p, mode) for p, mode in modes if mode is not None), None)
    if found is None:
        raise InvalidRequest("path_not_found", f"There is no {noun} {path!r}.")
    return found


def _mode(path: Path) -> int | None:
    """What kind of file this is; None where there is none. Raises InvalidRequest `unreadable`."""
    try:
        return path.stat().st_mode
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG):
            return None
        raise InvalidRequest(
            "unreadable", f"The folder cannot be read: {error.strerror}."
        ) from error


def _resolve(path: Path) -> Path | None:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return None
