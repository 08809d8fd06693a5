"""Files on this machine's disks: under the image roots, and stored uploads."""

import os
import stat

from shared.errors import PictureError
from shared.files.paths import not_permitted, open_image, resolve_uri
from shared.settings import Settings
from shared.sources.kind import DIRECTORY_SIZE, FileStatus, OpenedFile

_INT64_MAX = 2**63 - 1


def int64_mtime(status: os.stat_result) -> int:
    """A file's mtime in nanoseconds, clamped to int64, which some file systems exceed."""
    return max(-_INT64_MAX, min(_INT64_MAX, status.st_mtime_ns))


def status_of(status: os.stat_result) -> FileStatus:
    """What is compared of a file."""
    regular = stat.S_ISREG(status.st_mode)
    return FileStatus(status.st_size if regular else DIRECTORY_SIZE, int64_mtime(status))


class LocalFiles:
    """`file:///…`: unchanged while size and time are."""

    can_move = True
    is_remote = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def status(self, uri: str, collection: str) -> FileStatus:
        """As `FileKind.status`; of a symbolic link's target."""
        path = resolve_uri(uri, collection, self._settings)
        try:
            return status_of(path.stat())
        except (FileNotFoundError, NotADirectoryError) as error:
            raise PictureError("missing", "The file is gone.") from error
        except PermissionError as error:
            raise not_permitted(error) from error
        except OSError as error:
            detail = f"The file cannot be read: {error.strerror}."
            raise PictureError("unreadable", detail) from error

    def open(self, uri: str, collection: str) -> OpenedFile:
        """As `FileKind.open`; a regular file only."""
        file = open_image(uri, collection, self._settings)
        return OpenedFile(file, status_of(os.fstat(file.fileno())))

    def sequence(self, uri: str) -> str | None:  # noqa: ARG002 - of no file here
        """As `FileKind.sequence`."""
        return None

    def is_unchanged(self, known: FileStatus, found: FileStatus) -> bool:
        """As `FileKind.is_unchanged`."""
        return known == found

    def close(self) -> None:
        """As `FileKind.close`."""


class StoredUploads(LocalFiles):
    """`upload://…`: named by a hash of the content, so a time says nothing. Never moved."""

    can_move = False

    def is_unchanged(self, known: FileStatus, found: FileStatus) -> bool:
        """As `FileKind.is_unchanged`."""
        return known.size == found.size
