"""Lists the folders that a load may name, for the page's folder field."""

import heapq
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from shared import cursors
from shared.errors import InvalidRequest
from shared.files.paths import is_under, resolve_directory
from shared.settings import Settings


def list_folders(
    path: str | None, cursor: str | None, limit: int, settings: Settings
) -> tuple[Sequence[Path], str | None]:
    """The image roots, or the sub-folders of `path`, by name; and the next page's cursor or None.

    Hidden folders and links out of the roots are left out. Raises InvalidRequest as
    `shared.files.paths.resolve_directory` does, `unreadable`, `invalid_cursor`.
    """
    after = cursors.decode(cursor, str)[0] if cursor else ""
    if path is None:
        found: Iterator[Path] = (root for root in settings.image_roots if str(root) > after)
        page = heapq.nsmallest(limit + 1, found, key=str)
        positions = [str(folder) for folder in page]
    else:
        parent = resolve_directory(path, settings)
        try:
            page = heapq.nsmallest(
                limit + 1, _inside(parent, after, settings), key=lambda folder: folder.name
            )
        except OSError as error:
            raise InvalidRequest(
                "unreadable", f"The folder cannot be read: {error.strerror}."
            ) from error
        positions = [folder.name for folder in page]
    if len(page) <= limit:
        return page, None
    return page[:limit], cursors.encode(positions[limit - 1])


def _inside(parent: Path, after: str, settings: Settings) -> Iterator[Path]:
    with os.scandir(parent) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name <= after or not _is_unicode(entry.name):
                continue
            if not _is_folder(entry):
                continue
            folder = Path(entry.path)
            if not entry.is_symlink() or is_under(folder.resolve(), settings.image_roots):
                yield folder


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link in a circle, or to where the process may not look.
        return False


def _is_unicode(name: str) -> bool:
    # JSON cannot carry other names, so no request could name such a folder.
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
