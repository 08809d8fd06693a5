"""Directory traversal: streamed, in constant memory, confined to the image roots."""

import os
import stat
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote_from_bytes

from indexer.sources import Batch, FoundFile
from indexer.sources.patterns import Selection
from indexer.sources.symlinks import SymlinkPolicy
from shared.domain.image import MAX_URI_BYTES
from shared.domain.job import DirectorySource, Failure
from shared.errors import JobFailed
from shared.files.formats import has_picture_extension
from shared.files.uris import file_uri
from shared.log import get_logger
from shared.sources.local import int64_mtime

_log = get_logger(__name__)

_BATCH_FILES = 1000
#: A batch is also due after so many entries or seconds, so that progress is visible.
_BATCH_ENTRIES = 5000
_BATCH_SECONDS = 1.0

_OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_GONE = (FileNotFoundError, NotADirectoryError)


class _Level(NamedTuple):
    """An open directory. `uri` and `relative` end in a slash (or are empty), `real` does not."""

    descriptor: int
    entries: "os._ScandirIterator[str]"
    uri: str
    relative: str
    real: str
    links: int
    device: int


class DirectoryWalk:
    """The files of a directory source.

    Hidden entries, special files, links out of the roots and circular links are counted as
    ignored; entries that vanish meanwhile are not counted. A directory that cannot be read is a
    failure; if it is the source itself, the job fails. Raises JobFailed.
    """

    def __init__(self, source: DirectorySource, roots: tuple[Path, ...]) -> None:
        self._source = source
        self._symlinks = SymlinkPolicy(roots)
        self._selection = Selection(source.pattern, source.exclude)
        self._stack: list[_Level] = []
        self._batch = Batch()
        #: The file systems of the source and of the mount points below it, by the uris of these.
        self.filesystems: dict[str, str] = {}

    def batches(self) -> Generator[Batch, None, None]:
        """Traverse it, once. Nothing is sorted; memory is bounded by the depth of the tree."""
        real = os.path.realpath(self._source.path)
        if not self._symlinks.inside(real):
            raise JobFailed("source_outside_roots", "The directory is outside the image roots.")
        uri = file_uri(self._source.path).rstrip("/") + "/"
        try:
            self._push(os.open(real, _OPEN_DIRECTORY), uri, "", real, 0)
            yield from self._walk()
        except OSError as error:
            raise source_lost(error) from error
        finally:
            while self._stack:
                self._pop()

    def _walk(self) -> Iterator[Batch]:
        due = time.monotonic() + _BATCH_SECONDS
        seen = 0
        while self._stack:
            level = self._stack[-1]
            entry = self._next(level)
            if entry is None:
                self._pop()
            else:
                self._visit(level, entry)
                seen += 1
            full = len(self._batch.files) >= _BATCH_FILES or seen >= _BATCH_ENTRIES
            if full or time.monotonic() > due:
                yield self._batch
                self._batch = Batch()
                due, seen = time.monotonic() + _BATCH_SECONDS, 0
        yield self._batch

    def _next(self, level: _Level) -> os.DirEntry[str] | None:
        try:
            return next(level.entries, None)
        except OSError as error:
            if len(self._stack) == 1:
                raise
            self._unreadable(level.uri, error)
            return None

    def _visit(self, level: _Level, entry: os.DirEntry[str]) -> None:
        try:
            if entry.name.startswith("."):
                self._batch.ignored += 1
            elif entry.is_symlink():
                self._follow(level, entry.name)
            elif entry.is_file(follow_symlinks=False):
                path = f"{level.real}/{entry.name}"
                self._found(level, entry.name, path, entry.stat(follow_symlinks=False))
            elif entry.is_dir(follow_symlinks=False):
                path = f"{level.real}/{entry.name}"
                self._descend(level, entry.name, path, level.descriptor)
            else:
                self._batch.ignored += 1
        except _GONE:
            pass  # It vanished meanwhile.
        except OSError as error:
            if has_picture_extension(entry.name):
                self._unreadable(level.uri + _quote(entry.name), error)
            else:
                self._batch.ignored += 1

    def _found(self, level: _Level, name: str, path: str, status: os.stat_result) -> None:
        if not self._selection.matches(level.relative + name):
            self._batch.ignored += 1
            return
        uri, mtime = level.uri + _quote(name), int64_mtime(status)
        self._batch.files.append(FoundFile(uri, path, name, status.st_size, mtime))

    def _follow(self, level: _Level, name: str) -> None:
        target = os.path.realpath(f"{level.real}/{name}")
        status = self._symlinks.status(target)
        if status is None:
            self._batch.ignored += 1
        elif stat.S_ISREG(status.st_mode):
            self._found(level, name, target, status)
        elif not stat.S_ISDIR(status.st_mode) or self._symlinks.circular(
            target, level.links, (above.real for above in self._stack)
        ):
            self._batch.ignored += 1
        else:
            self._descend(level, name, target, None)

    def _descend(self, level: _Level, name: str, real: str, parent: int | None) -> None:
        """Enter a directory, by its name in `parent` or, behind a link, by its real path."""
        if not self._source.recursive:
            return
        if self._selection.excludes(level.relative + name):
            self._batch.ignored += 1
            return
        uri = f"{level.uri}{_quote(name)}/"
        if len(uri) > MAX_URI_BYTES:
            self._batch.failures.append(path_too_long(uri, 0, 0))
            return
        try:
            if parent is None:
                descriptor = os.open(real, _OPEN_DIRECTORY)
            else:
                descriptor = os.open(name, _OPEN_DIRECTORY, dir_fd=parent)
            links = level.links + (parent is None)
            self._push(descriptor, uri, f"{level.relative}{name}/", real, links)
        except _GONE:
            pass  # It vanished meanwhile.
        except OSError as error:
            self._unreadable(uri, error)

    def _push(self, descriptor: int, uri: str, relative: str, real: str, links: int) -> None:
        try:
            entries = os.scandir(descriptor)
        except OSError:
            os.close(descriptor)
            raise
        device = os.fstat(descriptor).st_dev
        if not self._stack or self._stack[-1].device != device:
            self.filesystems[uri.rstrip("/")] = f"{device} {os.fstatvfs(descriptor).f_fsid}"
        level = _Level(descriptor, entries, uri, relative, real.rstrip("/"), links, device)
        self._stack.append(level)

    def _pop(self) -> None:
        level = self._stack.pop()
        level.entries.close()
        os.close(level.descriptor)

    def _unreadable(self, uri: str, error: OSError) -> None:
        _log.warning("read_failed", uri=uri, error=error.strerror)
        reason = f"It cannot be read: {error.strerror}."
        self._batch.failures.append(Failure(uri=uri, code="unreadable", reason=reason))


def path_too_long(uri: str, size: int, mtime_ns: int) -> Failure:
    """The failure of a file whose uri is longer than a row's field."""
    return Failure(
        uri=uri,
        code="path_too_long",
        reason=f"As a uri the path is longer than {MAX_URI_BYTES} bytes. Shorten it.",
        size=size,
        mtime_ns=mtime_ns,
    )


def source_lost(error: OSError) -> JobFailed:
    """The error of a job whose source cannot be read."""
    if isinstance(error, _GONE):
        return JobFailed("source_missing", "The directory is gone. Is its disk mounted?")
    return JobFailed("source_unreadable", f"The directory cannot be read: {error.strerror}.")


def _quote(name: str) -> str:
    return quote_from_bytes(os.fsencode(name))
