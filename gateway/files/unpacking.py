"""Archives among uploads: their pictures, as if each had been sent by itself."""

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO

from shared.errors import PictureError
from shared.files.formats import SNIFF_BYTES, Format, sniff
from shared.settings import Settings
from shared.sources.archives.compression import compression_of
from shared.sources.archives.limits import ArchiveError, ArchiveLimits
from shared.sources.archives.members import split_uri
from shared.sources.archives.tars import TarReader
from shared.sources.archives.window import Window
from shared.sources.archives.zips import ZipReader

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


@dataclass(frozen=True)
class _Metered(ArchiveLimits):
    """Limits that note how much of them was used."""

    used: dict[str, int] = field(default_factory=lambda: {"members": 0, "size": 0})

    def check_members(self, count: int) -> None:
        self.used["members"] = max(self.used["members"], count)
        super().check_members(count)

    def check_size(self, unpacked: int, packed: int) -> None:
        self.used["size"] = max(self.used["size"], unpacked)
        super().check_size(unpacked, packed)


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
        limits = _Metered(self._members, self._size, self._settings.archive_max_ratio, None)
        found: list[Unpacked] = []
        with tempfile.TemporaryFile() as archive:
            file.seek(0)
            while block := file.read(1 << 20):
                archive.write(block)
            archive.flush()
            try:
                reader = _reader(archive, limits, self._settings.max_file_bytes)
                try:
                    found.extend(_stored(member, self._store) for member in _opened(reader))
                finally:
                    # What is refused by its directory has cost nothing.
                    self._members -= min(self._members, limits.used["members"])
                    self._size -= min(self._size, limits.used["size"])
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


def _reader(archive: IO[bytes], limits: ArchiveLimits, max_bytes: int) -> ZipReader | TarReader:
    size = archive.seek(0, os.SEEK_END)

    def reopen() -> IO[bytes]:
        return io.BufferedReader(Window(archive, 0, size, owns=False))

    file = reopen()
    if file.read(2) == b"PK":
        return ZipReader(_HERE, file, limits, max_bytes)
    file.close()
    return TarReader(_HERE, reopen, limits, "", max_bytes)


def _opened(reader: ZipReader | TarReader) -> Iterator[tuple[str, IO[bytes] | PictureError]]:
    for member in reader.members():
        if member is None:
            continue
        _, name = split_uri(member.uri)
        if member.error is not None:
            yield name, member.error
            continue
        try:
            yield name, reader.open(name).file
        except PictureError as error:
            yield name, error


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
