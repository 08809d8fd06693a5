"""Zip files: their directory is at the end, and members are read at random."""

import io
import stat
import struct
import weakref
import zipfile
import zlib
from calendar import timegm
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, cast

from shared.errors import PictureError
from shared.files.formats import SNIFF_BYTES, has_picture_extension, sniff
from shared.sources.archives.limits import ArchiveLimits, damaged, truncated
from shared.sources.archives.members import (
    Member,
    bounded,
    is_archive_name,
    is_hidden,
    member_uri,
    no_picture,
    plain_name,
    refusal,
)
from shared.sources.kind import FileStatus, OpenedFile
from shared.sources.stamps import stamp

#: Others expand without a bound that can be set, and are hardly used.
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1
#: APPNOTE 4.3.16: the end of the directory, behind which a comment may stand.
_END_BYTES = 22
_MAX_COMMENT = 65_535
#: The least that an entry of the directory takes.
_ENTRY_BYTES = 46
#: What entries may take on the average, with names and comments.
_NAME_BYTES = 1024
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, struct.error)


class ZipReader:
    """An open zip file. Threads may share it. Raises ArchiveError, PictureError."""

    is_sequential = False

    def __init__(self, uri: str, file: IO[bytes], limits: ArchiveLimits, max_bytes: int) -> None:
        self._uri = uri
        self._limits = limits
        self._max_bytes = max_bytes
        self._packed = file.seek(0, io.SEEK_END)
        self._zip = _open_zip(file, self._packed, limits)
        infos = self._zip.infolist()
        limits.check_members(len(infos))
        self._unpacked = sum(info.file_size for info in infos)
        limits.check_size(self._unpacked, self._packed)
        self._by_name: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            try:
                self._by_name.setdefault(plain_name(info.filename), info)
            except PictureError:
                continue  # It cannot be opened by any name.
        # Whoever has taken it from the cache may still read.
        weakref.finalize(self, _close, self._zip, file)

    @property
    def size(self) -> int:
        """Bytes of the archive as it lies there."""
        return self._packed

    def members(self, limits: ArchiveLimits | None = None) -> Iterator[Member | None]:
        """All members, in the order of the directory; None for what is no picture.

        `limits` are checked beside its own.
        """
        if limits is not None:
            limits.check_members(len(self._zip.infolist()))
            limits.check_size(self._unpacked, self._packed)
        for info in self._zip.infolist():
            if not info.is_dir():
                member = self._member(info)
                yield member and bounded(member)

    def status(self, name: str) -> FileStatus:
        """A member's size, and its CRC-32 as the tag. Raises PictureError `missing`."""
        return _status(self._info(name))

    def open(self, name: str) -> OpenedFile:
        """A member, unpacked into memory."""
        info = self._info(name)
        if (error := self._error(info)) is not None:
            raise error
        if is_archive_name(plain_name(name)):
            raise no_picture()
        if info.file_size > self._max_bytes:
            mib = self._max_bytes >> 20
            raise PictureError("too_large", f"The file is larger than the limit of {mib} MiB.")
        return OpenedFile(io.BytesIO(self._read(info, info.file_size)), _status(info))

    @contextmanager
    def unpacking(self, name: str) -> Iterator[tuple[Callable[[int], bytes], int]]:
        """A function that reads on in a member that is an archive, and the member's size."""
        info = self._info(name)
        if (error := self._error(info)) is not None:
            raise error
        self._limits.check_inner(info.file_size)
        with self._opened(info) as member:
            yield member.read, info.file_size

    def _member(self, info: zipfile.ZipInfo) -> Member | None:
        uri = member_uri(self._uri, info.filename)
        try:
            name = plain_name(info.filename)
        except PictureError as unsafe:
            claims = has_picture_extension(info.filename)
            return Member(uri, _status(info), unsafe) if claims else None
        if is_hidden(name) or self._by_name[name] is not info:
            return None
        uri, error = member_uri(self._uri, name), self._error(info)
        if is_archive_name(name):
            return Member(uri, _status(info), error, is_archive=True)
        if has_picture_extension(name):
            return Member(uri, _status(info), error)
        if error or not info.file_size:
            return None
        try:
            head = self._read(info, SNIFF_BYTES)
        except PictureError:
            return None
        return Member(uri, _status(info)) if sniff(head) else None

    def _info(self, name: str) -> zipfile.ZipInfo:
        try:
            return self._by_name[plain_name(name)]
        except KeyError as error:
            raise PictureError("missing", "The archive has no such file any more.") from error

    def _error(self, info: zipfile.ZipInfo) -> PictureError | None:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if (refused := refusal(is_file=kind in (0, stat.S_IFREG))) is not None:
            return refused
        if info.flag_bits & _ENCRYPTED:
            return PictureError(
                "member_encrypted", "It is encrypted. Put it into an archive without a password."
            )
        if info.compress_type not in _METHODS:
            return PictureError(
                "member_unsupported",
                "It is packed by a method that is not supported; deflate and store are.",
            )
        return self._limits.check_member(info.file_size, info.compress_size)

    def _read(self, info: zipfile.ZipInfo, size: int) -> bytes:
        """The first `size` bytes; as many are unpacked, whatever the directory says."""
        with self._opened(info) as member:
            data = member.read(size)
            if len(data) < min(size, info.file_size):
                raise EOFError
        return data

    @contextmanager
    def _opened(self, info: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
        try:
            with self._zip.open(info) as member:
                yield member
        except (*_DAMAGED, NotImplementedError, RuntimeError) as error:
            raise PictureError(
                "corrupt", "Its data in the archive is damaged. Copy the archive again."
            ) from error
        except OSError as error:
            detail = f"The archive cannot be read: {error.strerror}."
            raise PictureError("unreadable", detail) from error


def _close(archive: zipfile.ZipFile, file: IO[bytes]) -> None:
    archive.close()
    file.close()


def _status(info: zipfile.ZipInfo) -> FileStatus:
    # Zip files have the time of a clock on a wall, with no zone: it is taken for UTC.
    year, month, day, *clock = info.date_time
    try:
        seconds = timegm((year, max(1, month), max(1, day), *clock))
    except (ValueError, OverflowError):
        seconds = 0
    return FileStatus(info.file_size, stamp(seconds, f"{info.CRC:08x}"))


class _Directory:
    """An archive as zipfile reads its directory: at once, after its entries are counted here.

    Which of several records at the end says where it is, and how long, is for zipfile to tell.
    """

    def __init__(self, file: IO[bytes], limits: ArchiveLimits) -> None:
        self._file = file
        self._limits = limits
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        start = self._file.tell()
        length = self._file.seek(0, io.SEEK_END) - start
        if size >= 0:
            length = min(length, size)
        if length > max(1 << 20, self._limits.members * _NAME_BYTES):
            raise damaged("its directory is too long")
        self._limits.check_members(_count_entries(self._file, start, length, self._limits.members))
        self._file.seek(start)
        return self._file.read(length)


def _open_zip(file: IO[bytes], size: int, limits: ArchiveLimits) -> zipfile.ZipFile:
    """Read the directory, if it has no more entries than it may."""
    tail = min(size, _END_BYTES + _MAX_COMMENT)
    file.seek(size - tail)
    if not 0 <= file.read(tail).rfind(b"PK\5\6") <= tail - _END_BYTES:
        raise truncated()
    try:
        archive = zipfile.ZipFile(cast("IO[bytes]", _Directory(file, limits)))
    except (*_DAMAGED, NotImplementedError, UnicodeError) as error:
        raise damaged("its directory cannot be read") from error
    # Members are read as they are.
    archive.fp = file
    return archive


def _count_entries(file: IO[bytes], start: int, length: int, most: int) -> int:
    """How many entries are in a part of a file, by their own lengths; `most` + 1 if more are."""
    count, at = 0, start
    while count <= most and at < start + length:
        file.seek(at)
        head = file.read(_ENTRY_BYTES)
        if len(head) < _ENTRY_BYTES or head[:4] != b"PK\1\2":
            break
        count += 1
        at += _ENTRY_BYTES + sum(struct.unpack_from("<3H", head, 28))
    return count
