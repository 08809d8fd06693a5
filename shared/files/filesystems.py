"""File systems that images were on, so that an unmounted disk is not taken for deleted files."""

import os
from collections.abc import Mapping
from pathlib import Path

from shared.files.paths import is_under
from shared.files.uris import file_path


def filesystem_of(folder: Path) -> str:
    """What tells the file system of a directory from others. Raises OSError.

    Its device number, and its own id where it has one.
    """
    return f"{folder.stat().st_dev} {os.statvfs(folder).f_fsid}"


def is_same(one: str, other: str) -> bool:
    """Whether two answers of `filesystem_of` name one file system.

    A device number may change when a disk is mounted again; an id, as of ext4, stays.
    """
    (device, own_id), (other_device, other_id) = one.split(), other.split()
    if "0" in (own_id, other_id):
        return device == other_device
    return own_id == other_id


class RecordedFilesystems:
    """The file systems that a collection's images were on when they were last loaded.

    `recorded` maps uris of directories, sources and mount points below them, to answers of
    `filesystem_of`. An object is for a short use: it remembers what it has seen.
    """

    def __init__(self, recorded: Mapping[str, str], roots: tuple[Path, ...]) -> None:
        self._recorded = recorded
        self._roots = roots
        self._seen: dict[Path, str | None] = {}

    def is_there(self, uri: str) -> bool:
        """Whether the file system that the file at `uri` was on is still there.

        If it is not, the file is not gone, but out of reach.
        """
        found = self._found(file_path(uri).parent)
        expected = self._expected(uri)
        return found is not None and (expected is None or is_same(expected, found))

    def _expected(self, uri: str) -> str | None:
        folder = uri
        while "/" in folder.removeprefix("file://"):
            folder = folder.rpartition("/")[0]
            if folder in self._recorded:
                return self._recorded[folder]
        return None

    def _found(self, folder: Path) -> str | None:
        """The file system of the nearest directory that exists; None above the image roots."""
        if folder not in self._seen:
            self._seen[folder] = self._look(folder)
        return self._seen[folder]

    def _look(self, folder: Path) -> str | None:
        if not is_under(folder, self._roots):
            return None
        try:
            return filesystem_of(folder)
        except (FileNotFoundError, NotADirectoryError):
            return self._found(folder.parent)
        except OSError:
            return None
