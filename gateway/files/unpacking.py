"""Archives among uploads: their pictures, as if each had been sent by itself."""

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO
from urllib.parse import unquote_to_bytes

from shared.errors import PictureError
from shared.files.formats import SNIFF_BYTES, Format, sniff
from shared.files.uris import MEMBER
from shared.settings import Settings
from shared.sources.archives.compression import compression_of
from shared.sources.archives.limits import ArchiveError, ArchiveLimits, CommonLimits
from shared.sources.archives.members import Member, split_uri
from shared.sources.archives.opening import (
    ArchiveReader,
    all_members,
    open_archive,
    reopen_inner,
)
from shared.sources.archives.window import Window

#: Members that the archives of a request may have: the reply names what became of each picture.
_MAX_MEMBERS = 10_000
#: Unpacked, they may be as many times as large as a request: pictures hardly shrink.
_MAX_UNPACKED = 4
_TAR_MAGIC_AT, _TAR_MAGIC = 257, b"ustar"
#: The uri of an archive that has no place.
_HERE = "upload:"
_TOO_LARGE = "archive_too_large"


@dataclass(frozen=True)
class Unpacked:
    """A picture of an archive, or why there is none; `name` as it is called there."""

    name: str
    file: IO[bytes]
    format: Format | None
    error: PictureError | None


def is_archive(file: IO[bytes]) -> bool:
    """Whether a file is a .zip, .tar, .tar.gz, .tar.xz or .tar.zst, by its first bytes."""
    file.seek(0)
    head = file.read(_TAR_MAGIC_AT + len(_TAR_MAGIC))
    file.seek(0)
    if head[:4] in (b"PK\3\4", b"PK\5\6") or compression_of(head):
        return True
    return head[_TAR_MAGIC_AT:] == _TAR_MAGIC


class Unpacker:
    """Unpacks the archives of one request, which all together may have what one may have.

    Pictures are in one file without a name, which `cleanup` closes. Raises OSError.
    """

    def __init__(self, settings: Settings, cleanup: ExitStack) -> None:
        self._settings = settings
        self._store: IO[bytes] = cleanup.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - it does
        self._members = min(_MAX_MEMBERS, settings.archive_max_members)
        self._size = _MAX_UNPACKED * settings.max_upload_bytes
        self._has_begun = False

    def unpack(self, file: IO[bytes]) -> list[Unpacked]:
        """The pictures of an archive.

        What the archive itself is at fault for is the last one, with an empty name.
        """
        settings = self._settings
        limits = ArchiveLimits(
            self._members,
            self._size,
            settings.archive_max_ratio,
            None,
            settings.archive_nesting,
            settings.archive_inner_mb << 20,
        )
        found: list[Unpacked] = []
        with tempfile.TemporaryFile() as archive:
            file.seek(0)
            while block := file.read(1 << 20):
                archive.write(block)
            archive.flush()
            try:
                common = CommonLimits(limits, archive.tell())
                reader = _reader(archive, limits, settings.max_file_bytes)
                try:
                    members = _opened(reader, common, settings.max_file_bytes)
                    found.extend(_stored(member, self._store) for member in members)
                finally:
                    # What is refused by its directory has cost nothing.
                    self._members -= min(self._members, common.members)
                    self._size -= min(self._size, common.size)
            except PictureError as error:
                found.append(Unpacked("", self._store, None, self._explained(error)))
        self._store.flush()
        self._has_begun = True
        if not found:
            nothing = PictureError("unsupported_format", "The archive holds no picture.")
            found.append(Unpacked("", self._store, None, nothing))
        return found

    def _explained(self, error: PictureError) -> PictureError:
        if not self._has_begun or error.code not in ("archive_too_many_members", _TOO_LARGE):
            return error
        return ArchiveError(
            error.code,
            "Together with the archives before it in this request, it has more members, or more "
            "data unpacked, than the archives of one request may have. Send it by itself.",
        )


def _reader(archive: IO[bytes], limits: ArchiveLimits, max_bytes: int) -> ArchiveReader:
    size = archive.seek(0, os.SEEK_END)

    def reopen() -> IO[bytes]:
        return io.BufferedReader(Window(archive, 0, size, owns=False))

    return open_archive(_HERE, reopen, limits, "", max_bytes)


def _opened(
    reader: ArchiveReader, common: CommonLimits, max_bytes: int
) -> Iterator[tuple[str, IO[bytes] | PictureError]]:
    """The members of an archive and of those within it, by what they are called in it."""

    def open_inner(outer: ArchiveReader, member: Member) -> ArchiveReader:
        _, name = split_uri(member.uri)
        return open_archive(member.uri, reopen_inner(outer, name), common.limits, "", max_bytes)

    for holder, member in all_members(reader, open_inner, common):
        if member is None:
            continue
        shown = os.fsdecode(unquote_to_bytes(member.uri.removeprefix(_HERE + MEMBER)))
        if member.error is not None:
            yield shown, member.error
            continue
        _, name = split_uri(member.uri)
        try:
            yield shown, holder.open(name).file
        except PictureError as error:
            yield shown, error


def _stored(member: tuple[str, IO[bytes] | PictureError], store: IO[bytes]) -> Unpacked:
    name, content = member
    if isinstance(content, PictureError):
        return Unpacked(name, store, None, content)
    with content:
        data = content.read()
    found = sniff(data[:SNIFF_BYTES])
    if found is None:
        unknown = PictureError("unsupported_format", "This is no picture of a known format.")
        return Unpacked(name, store, None, unknown)
    start = store.seek(0, os.SEEK_END)
    store.write(data)
    part = io.BufferedReader(Window(store, start, len(data), owns=False))
    return Unpacked(name, part, found, None)
