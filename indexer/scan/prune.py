"""Removal of images whose files are missing, at the end of a load with `sync`."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from indexer.scan.context import ScanContext
from indexer.sources.directory import source_lost
from indexer.sources.patterns import Pattern
from indexer.sources.symlinks import SymlinkPolicy
from shared.domain.image import ImageFilter
from shared.domain.job import DirectorySource
from shared.errors import JobFailed
from shared.files.uris import file_path, file_uri
from shared.log import get_logger

_log = get_logger(__name__)

_BATCH = 500


class _InodeId(NamedTuple):
    """A directory's identity, which changes if its disk is unmounted during the scan."""

    device: int
    inode: int


class Pruner:
    """The removals of one job. Methods raise JobFailed, ScanSuperseded, JobEnded, ShuttingDown."""

    def __init__(self, context: ScanContext) -> None:
        self._spec = context.spec
        self._generation = context.generation
        self._scans = context.stores.scans
        self._images = context.stores.images
        self._writer = context.stores.writer
        self._roots = context.stores.settings.image_roots
        self._symlinks = SymlinkPolicy(self._roots)
        self._inodes: dict[Path, _InodeId] = {}

    def finish_begun(self) -> None:
        """Finish a batch of removals that an earlier try of this scan began and did not count.

        To be called before the walk: if a file was restored since, its row must stay.
        """
        ids = self._scans.removal_begun(self._spec.id)
        if not ids:
            return
        rows = self._images.get_many(self._spec.collection, ids, strong=True)
        back = {row.id for row in rows.values() if not self.is_missing(row.uri)}
        self._delete([image for image in ids if image not in back])

    def remember(self, source: DirectorySource) -> None:
        """Record the identities of the source and its image root, compared before each removal."""
        real = Path(os.path.realpath(source.path))
        for path in (real, *(root for root in self._roots if root in real.parents)):
            self._inodes[path] = _inode_of(path)

    def remove_missing(self, source: DirectorySource) -> None:
        """Remove the images under the source whose file is missing.

        Only those that the source covers: direct children if it is not recursive, and files that
        match its pattern.
        """
        folder = file_uri(source.path).rstrip("/") + "/"
        pattern = Pattern(source.pattern) if source.pattern else None
        last, missing = "", []
        while rows := self._next(folder, last):
            last = rows[-1][0]
            for image, uri in rows:
                below = uri.removeprefix(folder)
                if not source.recursive and "/" in below:
                    continue
                if pattern and not pattern.matches(os.fsdecode(unquote_to_bytes(below))):
                    continue
                if self.is_missing(uri):
                    missing.append(image)
                if len(missing) >= _BATCH:
                    self._remove(missing)
                    missing = []
        if missing:
            self._remove(missing)

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

    def _remove(self, ids: Sequence[str]) -> None:
        for path, inode in self._inodes.items():
            if _inode_of(path) != inode:
                raise JobFailed(
                    "source_missing",
                    "The directory was replaced while it was loaded. Is its disk mounted?",
                )
        self._scans.begin_removal(self._spec.id, self._generation, ids)
        self._delete(ids)

    def _delete(self, ids: Sequence[str]) -> None:
        self._writer.delete(self._spec.collection, ids)
        self._scans.end_removal(self._spec.id, self._generation, len(ids))
        _log.info("images_removed", images=len(ids))


def _inode_of(path: Path) -> _InodeId:
    try:
        status = path.stat()
    except OSError as error:
        raise source_lost(error) from error
    return _InodeId(status.st_dev, status.st_ino)
