"""A directory as a source: its files, and which of those it had are missing."""

import os
import stat
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote_to_bytes

from indexer.sources import Batch, FoundFile
from indexer.sources.candidates import is_candidate
from indexer.sources.directory import DirectoryWalk, source_lost
from indexer.sources.patterns import Selection
from indexer.sources.symlinks import SymlinkPolicy
from shared.domain.job import DirectorySource
from shared.files.uris import MEMBER, file_path, file_uri


class DirectoryListing:
    """The files of a directory. No order of theirs lasts, so a listing has no cursors."""

    noun = "directory"

    def __init__(self, source: DirectorySource, roots: tuple[Path, ...]) -> None:
        self._source = source
        self._roots = roots
        self._walk = DirectoryWalk(source, roots)
        self._symlinks = SymlinkPolicy(roots)
        self._selection = Selection(source.pattern, source.exclude)
        self.prefix = file_uri(source.path).rstrip("/") + "/"
        self.covers_all = source.recursive and self._selection.everything

    @property
    def filesystems(self) -> Mapping[str, str]:
        """As `Listing.filesystems`."""
        return self._walk.filesystems

    def batches(self, cursor: str) -> Generator[Batch, None, None]:  # noqa: ARG002 - always ''
        """As `Listing.batches`."""
        return self._walk.batches()

    def are_pictures(self, files: Sequence[FoundFile]) -> Sequence[bool]:
        """As `Listing.are_pictures`."""
        return [is_candidate(file) for file in files]

    def covers(self, uri: str) -> bool:
        """As `Synced.covers`: direct children if the source is not recursive.

        What is in an archive is no file of the directory.
        """
        below = uri.removeprefix(self.prefix)
        if MEMBER in below or (not self._source.recursive and "/" in below):
            return False
        if self._selection.everything:
            return True
        return self._selection.matches(os.fsdecode(unquote_to_bytes(below)))

    def identities(self) -> Mapping[str, tuple[int, int]]:
        """As `Synced.identities`: device and inode of the source, and of the image roots above it.

        They change if a disk is unmounted during the scan.
        """
        real = Path(os.path.realpath(self._source.path))
        paths = (real, *(root for root in self._roots if root in real.parents))
        return {str(path): _inode_of(path) for path in paths}

    def is_missing(self, uri: str) -> bool:
        """As `Synced.is_missing`."""
        path = file_path(uri)
        try:
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):
                real = os.path.realpath(path)
                if not self._symlinks.inside(real):
                    return True
                status = os.lstat(real)
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError:
            return False
        return not stat.S_ISREG(status.st_mode)

    def missing(self) -> Callable[[str], bool]:
        """As `Synced.missing`: the file system is asked for each file."""
        self.identities()
        return self.is_missing

    def is_empty(self) -> bool:
        """As `Synced.is_empty`."""
        return is_empty(self._source)


def is_empty(source: DirectorySource) -> bool:
    """Whether a directory holds nothing that is not hidden, as where no disk is mounted on it.

    Raises JobFailed if it cannot be read.
    """
    try:
        with os.scandir(source.path) as entries:
            return all(entry.name.startswith(".") for entry in entries)
    except OSError as error:
        raise source_lost(error) from error


def _inode_of(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise source_lost(error) from error
    return status.st_dev, status.st_ino
