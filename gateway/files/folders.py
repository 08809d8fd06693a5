"""Lists what a load may name for the page's fields: folders, archives, lists of addresses."""

import heapq
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from shared import cursors
from shared.errors import InvalidRequest
from shared.files.paths import is_under, resolve_directory
from shared.settings import Settings

#: Files that are listed beside folders.
FileSort = Literal["archives", "lists"]

#: How their names end, in lower case. It is their content that a load goes by.
_SUFFIXES: Mapping[FileSort, tuple[str, ...]] = {
    "archives": (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.zst", ".tzst"),
    "lists": (".txt", ".csv", ".tsv", ".parquet", ".pq"),
}


class Entry(NamedTuple):
    """A folder or file that a load may name."""

    path: Path
    kind: Literal["folder", "file"]


def list_folders(
    path: str | None,
    cursor: str | None,
    limit: int,
    settings: Settings,
    *,
    files: FileSort | None = None,
) -> tuple[Sequence[Entry], str | None]:
    """The image roots, or what is in `path`, by name; and the next page's cursor or None.

    That is its sub-folders, and the regular files of one sort. Hidden entries and links out of the
    roots are left out. Raises InvalidRequest as `shared.files.paths.resolve_directory` does,
    `unreadable`, `invalid_cursor`.
    """
    after = cursors.decode(cursor, str)[0] if cursor else ""
    if path is None:
        roots = (root for root in settings.image_roots if str(root) > after)
        page = [Entry(root, "folder") for root in heapq.nsmallest(limit + 1, roots, key=str)]
        positions = [str(entry.path) for entry in page]
    else:
        parent = resolve_directory(path, settings)
        suffixes = _SUFFIXES[files] if files is not None else ()
        try:
            found = _inside(parent, after, suffixes, settings)
            page = heapq.nsmallest(limit + 1, found, key=lambda entry: entry.path.name)
        except OSError as error:
            raise InvalidRequest(
                "unreadable", f"The folder cannot be read: {error.strerror}."
            ) from error
        positions = [entry.path.name for entry in page]
    if len(page) <= limit:
        return page, None
    return page[:limit], cursors.encode(positions[limit - 1])


def _inside(
    parent: Path, after: str, suffixes: tuple[str, ...], settings: Settings
) -> Iterator[Entry]:
    with os.scandir(parent) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name <= after or not _is_unicode(entry.name):
                continue
            kind = _kind(entry, suffixes)
            if kind is None:
                continue
            path = Path(entry.path)
            if not entry.is_symlink() or is_under(path.resolve(), settings.image_roots):
                yield Entry(path, kind)


def _kind(entry: os.DirEntry[str], suffixes: tuple[str, ...]) -> Literal["folder", "file"] | None:
    try:
        if entry.is_dir():
            return "folder"
        return "file" if entry.name.lower().endswith(suffixes) and entry.is_file() else None
    except OSError:
        # A link in a circle, or to where the process may not look.
        return None


def _is_unicode(name: str) -> bool:
    # JSON cannot carry other names, so no request could name such a folder.
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
