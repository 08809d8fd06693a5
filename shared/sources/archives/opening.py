"""Opens archives, and those within them."""

import os
import tempfile
import weakref
from collections.abc import Callable, Iterator
from io import BufferedReader
from typing import IO

from shared.errors import PictureError
from shared.sources.archives.limits import EXCEEDED, ArchiveLimits, CommonLimits
from shared.sources.archives.members import Member, depth
from shared.sources.archives.tars import TarReader
from shared.sources.archives.window import Window
from shared.sources.archives.zips import ZipReader

ArchiveReader = ZipReader | TarReader
#: Opens an archive once more, from its beginning.
Reopen = Callable[[], IO[bytes]]

_ZIP_MAGIC = (b"PK\3\4", b"PK\5\6")
_PART_BYTES = 1 << 20


def open_archive(
    uri: str, reopen: Reopen, limits: ArchiveLimits, version: str, max_bytes: int
) -> ArchiveReader:
    """A reader of an archive, whatever its type. Raises ArchiveError, and what `reopen` raises.

    `version` changes with its content; members of more than `max_bytes` are not opened.
    """
    file = reopen()
    try:
        if file.read(4) in _ZIP_MAGIC:
            return ZipReader(uri, file, limits, max_bytes)
    except BaseException:
        file.close()
        raise
    file.close()
    return TarReader(uri, reopen, limits, version, max_bytes)


def reopen_inner(outer: ArchiveReader, name: str) -> Reopen:
    """What opens a member that is an archive: a part of a plain tar, else a copy of it.

    Raises PictureError, also `too_large` where it would have to be copied.
    """
    if isinstance(outer, TarReader) and not outer.is_sequential:
        return outer.part(name)
    with outer.unpacking(name) as (read, size):
        return _Copy(read, size)


def all_members(
    reader: ArchiveReader,
    open_inner: Callable[[ArchiveReader, Member], ArchiveReader],
    limits: CommonLimits,
) -> Iterator[tuple[ArchiveReader, Member | None]]:
    """The members of an archive and of those within it, each with what it can be opened by.

    An archive within is what it holds, in its place; what is at fault in it is a failure of its
    own, after what it holds. Raises ArchiveError where all together are too many or too large.
    """
    for member in reader.members(limits.part()):
        if member is None or not member.is_archive or member.error is not None:
            yield reader, member
            continue
        try:
            limits.limits.check_depth(depth(member.uri))
            inner = open_inner(reader, member)
            yield from all_members(inner, open_inner, limits)
        except PictureError as error:
            if error.code in EXCEEDED:
                raise
            yield reader, member._replace(error=error)


class _Copy:
    """A copy of an archive in a file without a name, which can be opened more than once."""

    def __init__(self, read: Callable[[int], bytes], size: int) -> None:
        self._size = size
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - see below
        weakref.finalize(self, self._file.close)
        try:
            while size > 0:
                part = read(min(size, _PART_BYTES))
                if not part:
                    raise EOFError
                size -= self._file.write(part)
        except OSError as error:
            raise PictureError(
                "unreadable", f"The archive in it cannot be copied to be read: {error.strerror}."
            ) from error

    def __call__(self) -> IO[bytes]:
        file = os.fdopen(os.dup(self._file.fileno()), "rb")
        return BufferedReader(Window(file, 0, self._size))
