"""Removal of images whose files are missing, at the end of a load with `sync`.

A source that cannot be seen whole, or from which too much is missing, loses nothing: the job fails.
"""

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote_to_bytes

from indexer.scan.context import ScanContext
from indexer.scan.removal import BATCH as _BATCH
from indexer.scan.removal import RowRemoval
from indexer.scan.source_filesystems import SourceFilesystems, is_empty
from indexer.sources.directory import source_lost
from indexer.sources.patterns import Pattern
from indexer.sources.symlinks import SymlinkPolicy
from shared.domain.image import ImageFilter
from shared.domain.job import DirectorySource
from shared.errors import JobFailed
from shared.files.uris import file_path, file_uri

#: Fewer missing images than this are removed, whatever share of the source they are.
_ALWAYS_ALLOWED = 20
_REMEDY = "If that is meant, load it again with allow_mass_removal."


class Pruner:
    """The removals of one job. Methods raise JobFailed, ScanSuperseded, JobEnded, ShuttingDown."""

    def __init__(self, context: ScanContext) -> None:
        self._spec = context.spec
        self._scans = context.stores.scans
        self._images = context.stores.images
        self._removal = RowRemoval(context)
        self._roots = context.stores.settings.image_roots
        self._symlinks = SymlinkPolicy(self._roots)
        self._filesystems = SourceFilesystems(context)
        #: Identities of directories before the walk, by path.
        self.inodes: dict[str, tuple[int, int]] = {}

    def finish_begun(self) -> None:
        """Finish a batch of removals that an earlier try of this scan began and did not count.

        To be called before the walk: if a file was restored since, its row must stay.
        """
        self._removal.finish_begun(lambda row: self.is_missing(row.uri))

    def remember(self, source: DirectorySource) -> None:
        """Record what the source has before it is walked.

        How many images, and as `inodes` the identities of the source and its image root, which
        are compared before each removal.
        """
        real = Path(os.path.realpath(source.path))
        for path in (real, *(root for root in self._roots if root in real.parents)):
            self.inodes[str(path)] = _inode_of(path)
        self._scans.note_source_rows(self._spec.id, self._count(source))

    def remove_missing(
        self, source: DirectorySource, inodes: Mapping[str, tuple[int, int]]
    ) -> None:
        """Remove the images under the source whose file is missing.

        `inodes` are those of before the walk.

        Raises JobFailed `source_replaced`, `source_empty`, `mass_removal` where nothing may be
        removed, unless the job allows it.
        """
        self.inodes = dict(inodes)
        self._require_unchanged()
        # After a strong count, the look-ups that follow see every write before it.
        self._count(source)
        missing = sum(1 for _ in self._missing(source))
        if missing and not self._spec.allow_mass_removal:
            self._require_allowed(source, missing)
        batch: list[str] = []
        for image in self._missing(source) if missing else ():
            batch.append(image)
            if len(batch) >= _BATCH:
                self._remove(batch)
                batch = []
        if batch:
            self._remove(batch)

    def _require_allowed(self, source: DirectorySource, missing: int) -> None:
        had = self._scans.note_source_rows(self._spec.id, 0)
        numbers = f"{missing} of the {had} images of the directory would be forgotten."
        if not self._filesystems.all_there(source):
            raise JobFailed(
                "source_replaced",
                "The directory, or a folder in it, is on another file system than at its last "
                f"load, and {numbers} Is its disk mounted? {_REMEDY}",
            )
        if is_empty(source):
            raise JobFailed(
                "source_empty",
                f"The directory is empty, and {numbers} Is its disk mounted? {_REMEDY}",
            )
        if missing >= _ALWAYS_ALLOWED and 2 * missing > had:
            raise JobFailed("mass_removal", f"{numbers} {_REMEDY}")

    def _missing(self, source: DirectorySource) -> Iterator[str]:
        return (image for image, uri in self._covered(source) if self.is_missing(uri))

    def _covered(self, source: DirectorySource) -> Iterator[tuple[str, str]]:
        """The ids and uris of images that the source is about.

        Direct children if it is not recursive, and files that match its pattern.
        """
        folder = _folder(source)
        pattern = Pattern(source.pattern) if source.pattern else None
        last = ""
        while rows := self._next(folder, last):
            last = rows[-1][0]
            for image, uri in rows:
                below = uri.removeprefix(folder)
                if not source.recursive and "/" in below:
                    continue
                if pattern and not pattern.matches(os.fsdecode(unquote_to_bytes(below))):
                    continue
                yield image, uri

    def _count(self, source: DirectorySource) -> int:
        wanted = ImageFilter(path_prefix=_folder(source))
        rows = self._images.count(self._spec.collection, wanted)
        if source.recursive and source.pattern is None:
            return rows
        return sum(1 for _ in self._covered(source))

    def is_missing(self, uri: str) -> bool:
        """Whether there is no regular file at `uri`; False if that cannot be told."""
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

    def _next(self, folder: str, last: str) -> list[tuple[str, str]]:
        wanted = ImageFilter(path_prefix=folder)
        return self._images.list_uris(self._spec.collection, wanted, last)

    def _require_unchanged(self) -> None:
        for path, inode in self.inodes.items():
            if _inode_of(Path(path)) != inode:
                raise JobFailed(
                    "source_missing",
                    "The directory was replaced while it was loaded. Is its disk mounted?",
                )

    def _remove(self, ids: Sequence[str]) -> None:
        self._require_unchanged()
        self._removal.remove(ids)


def _folder(source: DirectorySource) -> str:
    return file_uri(source.path).rstrip("/") + "/"


def _inode_of(path: Path) -> tuple[int, int]:
    """A directory's device and inode, which change if its disk is unmounted during the scan."""
    try:
        status = path.stat()
    except OSError as error:
        raise source_lost(error) from error
    return status.st_dev, status.st_ino
