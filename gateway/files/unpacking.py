"""Archives among uploads: their pictures, as if each had been sent by itself."""

import io
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO

from shared.errors import PictureError
from shared.files.formats import SNIFF_BYTES, Format, sniff
from shared.settings import Settings
from shared.sources.archives import Member
from shared.sources.archives.compression import compression_of
from shared.sources.archives.limits import ArchiveLimits
from shared.sources.archives.members import split_uri
from shared.sources.archives.tars import TarReader
from shared.sources.archives.window import Window
from shared.sources.archives.zips import ZipReader

#: Members that an uploaded archive may have: the reply names what became of each picture.
_MAX_MEMBERS = 10_000
#: Unpacked, an archive may be as many times as large as a request: pictures hardly shrink.
_MAX_UNPACKED = 4
_TAR_MAGIC_AT, _TAR_MAGIC = 257, b"ustar"
#: The uri of an archive that has no place.
_HERE = "upload:"


Reopen = Callable[[], IO[bytes]]


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


def unpack(file: IO[bytes], settings: Settings, cleanup: ExitStack) -> list[Unpacked]:
    """The pictures of an archive, in a file without a name that `cleanup` closes.

    What the archive itself is at fault for is the last one, with an empty name. Raises OSError.
    """
    archive = cleanup.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - it does
    file.seek(0)
    while block := file.read(1 << 20):
        archive.write(block)
    archive.flush()
    store = cleanup.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - it does
    limits = ArchiveLimits(
        members=min(_MAX_MEMBERS, settings.archive_max_members),
        size=_MAX_UNPACKED * settings.max_upload_bytes,
        ratio=settings.archive_max_ratio,
        reach=None,
    )
    found: list[Unpacked] = []
    try:
        members = _members(archive, limits, settings.max_file_bytes)
        found.extend(_stored(member, store) for member in members)
    except PictureError as error:
        found.append(Unpacked("", store, None, error))
    store.flush()
    if not found:
        nothing = PictureError("unsupported_format", "The archive holds no picture.")
        found.append(Unpacked("", store, None, nothing))
    return found


def _members(
    archive: IO[bytes], limits: ArchiveLimits, max_bytes: int
) -> Iterator[tuple[str, IO[bytes] | PictureError]]:
    size = archive.seek(0, os.SEEK_END)

    def reopen() -> IO[bytes]:
        return io.BufferedReader(Window(archive, 0, size, owns=False))

    reader = _reader(reopen, limits, max_bytes)
    for member in reader.members():
        if member is not None:
            yield _opened(reader, member)


def _reader(reopen: Reopen, limits: ArchiveLimits, max_bytes: int) -> ZipReader | TarReader:
    file = reopen()
    if file.read(2) == b"PK":
        return ZipReader(_HERE, file, limits, max_bytes)
    file.close()
    return TarReader(_HERE, reopen, limits, "", max_bytes)


def _opened(reader: ZipReader | TarReader, member: Member) -> tuple[str, IO[bytes] | PictureError]:
    _, name = split_uri(member.uri)
    if member.error is not None:
        return name, member.error
    try:
        return name, reader.open(name).file
    except PictureError as error:
        return name, error


def _stored(member: tuple[str, IO[bytes] | PictureError], store: IO[bytes]) -> Unpacked:
    name, content = member
    if isinstance(content, PictureError):
        return Unpacked(name, store, None, content)
    start = store.seek(0, os.SEEK_END)
    with content:
        data = content.read()
    store.write(data)
    found = sniff(data[:SNIFF_BYTES])
    error = (
        None
        if found
        else PictureError("unsupported_format", "This is no picture of a known format.")
    )
    part = io.BufferedReader(Window(store, start, len(data), owns=False))
    return Unpacked(name, part, found, error)
