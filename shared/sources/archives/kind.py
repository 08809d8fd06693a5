"""Members of archives under the image roots: `file:///a.zip!/in/b.jpg`.

An archive may be a member of another one: `file:///a.zip!/b.tar!/c.jpg`.
"""

import io
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, cast

from shared.errors import PictureError
from shared.files.uris import MEMBER
from shared.settings import Settings
from shared.sources.archives.limits import ArchiveLimits, CommonLimits
from shared.sources.archives.members import Member, depth, split_uri
from shared.sources.archives.opening import (
    ArchiveReader,
    Reopen,
    all_members,
    open_archive,
    reopen_inner,
)
from shared.sources.kind import DIRECTORY_SIZE, FileStatus, OpenedFile
from shared.sources.local import LocalFiles
from shared.sources.stamps import same_tag

#: Archives that are kept open, each with what is known of its members.
_MAX_OPEN = 6


class ArchiveFiles:
    """A member of a zip is unchanged while its CRC-32 and size are, one of a tar, which has no
    such sum, while the whole archive's size and time are. None is ever moved.
    """

    can_move = False
    is_remote = False

    def __init__(self, settings: Settings, *, serving: bool = False) -> None:
        self._local = LocalFiles(settings)
        self._limits = ArchiveLimits.of(settings, serving=serving)
        self._max_bytes = settings.max_file_bytes
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._open: OrderedDict[str, tuple[FileStatus, ArchiveReader]] = OrderedDict()

    def members(self, archive: str) -> Iterator[Member | None]:
        """All members of the archive at a uri, in their order; None for what is no picture.

        Those of archives within it stand in their places. Raises ArchiveError, and PictureError as
        `FileKind` says of the archive itself.
        """
        reader = self._reader(archive)
        limits = CommonLimits(self._limits, reader.size)
        for _, member in all_members(reader, self._inner, limits):
            yield member

    def status(self, uri: str, collection: str) -> FileStatus:  # noqa: ARG002 - for all alike
        """As `FileKind.status`."""
        archive, name = split_uri(uri)
        return self._reader(archive).status(name)

    def open(self, uri: str, collection: str) -> OpenedFile:  # noqa: ARG002 - for all alike
        """As `FileKind.open`."""
        archive, name = split_uri(uri)
        return self._reader(archive).open(name)

    def sequence(self, uri: str) -> str | None:
        """As `FileKind.sequence`: a compressed tar can only be read from its beginning."""
        try:
            archive, _ = split_uri(uri)
            return archive if self._reader(archive).is_sequential else None
        except PictureError:
            return None  # Opening it says why.

    def is_unchanged(self, known: FileStatus, found: FileStatus) -> bool:
        """As `FileKind.is_unchanged`."""
        return known.size == found.size and same_tag(known.mtime_ns, found.mtime_ns)

    def close(self) -> None:
        """As `FileKind.close`."""
        with self._lock:
            self._open.clear()

    def _reader(self, archive: str) -> ArchiveReader:
        """The archive as it is now; kept open for the next member."""
        self._limits.check_depth(depth(archive))
        if MEMBER in archive:
            outer, name = split_uri(archive)
            reader = self._reader(outer)
            return self._inner(reader, Member(archive, reader.status(name)))
        status = self._local.status(archive, "")
        if status.size == DIRECTORY_SIZE:
            raise PictureError("missing", "This is a directory, and was an archive.")
        return self._opened(archive, status, lambda: partial(self._file, archive, status))

    def _inner(self, outer: ArchiveReader, member: Member) -> ArchiveReader:
        """An archive in an open one."""
        _, name = split_uri(member.uri)
        return self._opened(member.uri, member.status, lambda: reopen_inner(outer, name))

    def _opened(
        self, archive: str, status: FileStatus, find: Callable[[], Reopen]
    ) -> ArchiveReader:
        if (reader := self._held(archive, status)) is None:
            # One at a time, as each takes memory; members of open archives do not wait for it.
            with self._reading:
                if (reader := self._held(archive, status)) is None:
                    version = f"{status.size} {status.mtime_ns}"
                    reader = open_archive(archive, find(), self._limits, version, self._max_bytes)
                    self._keep(archive, status, reader)
        return reader

    def _held(self, archive: str, status: FileStatus) -> ArchiveReader | None:
        with self._lock:
            held = self._open.get(archive)
            if held is None or held[0] != status:
                return None
            self._open.move_to_end(archive)
            return held[1]

    def _keep(self, archive: str, status: FileStatus, reader: ArchiveReader) -> None:
        with self._lock:
            self._open[archive] = (status, reader)
            self._open.move_to_end(archive)
            if len(self._open) > _MAX_OPEN:
                self._open.popitem(last=False)

    def _file(self, archive: str, status: FileStatus) -> IO[bytes]:
        opened = self._local.open(archive, "")
        if opened.status != status:
            opened.file.close()
            raise PictureError("unreadable", "The archive was changed meanwhile; load it again.")
        return io.BufferedReader(cast("io.FileIO", opened.file))
