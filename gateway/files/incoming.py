"""The files of a request: which are pictures, by their content, and what is in archives."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO

from gateway.files.unpacking import Unpacker, is_archive
from shared.errors import PictureError, storage_error
from shared.files.formats import FORMATS, SNIFF_BYTES, Format, sniff
from shared.settings import Settings

_NAME_LENGTH = 255


@dataclass(frozen=True)
class Incoming:
    """One file of a request: its format, or the error if it is no picture."""

    name: str
    file: IO[bytes]
    format: Format | None
    error: PictureError | None


def recognise(file: IO[bytes]) -> Format:
    """The format of a picture by its first bytes; the file is left at its beginning.

    Raises PictureError `empty_file`, `unsupported_format`.
    """
    file.seek(0)
    head = file.read(SNIFF_BYTES)
    file.seek(0)
    if not head:
        raise PictureError("empty_file", "The file is empty.")
    found = sniff(head)
    if found is None:
        raise PictureError(
            "unsupported_format", f"This is no picture of a known format ({', '.join(FORMATS)})."
        )
    return found


def inspect(name: str | None, file: IO[bytes]) -> Incoming:
    """Tell whether a file of a request is a picture, without storing anything."""
    shown = _shown(name or "")
    try:
        return Incoming(shown, file, recognise(file), None)
    except PictureError as error:
        return Incoming(shown, file, None, error)


def inspect_all(
    files: Iterable[tuple[str | None, IO[bytes]]], settings: Settings, cleanup: ExitStack
) -> list[Incoming]:
    """Inspect the files of a request; in place of an archive there is what is in it.

    What was unpacked is in files without a name, which `cleanup` closes. Raises StorageFull,
    Unavailable `storage_unavailable`.
    """
    found: list[Incoming] = []
    unpacker: Unpacker | None = None
    for name, file in files:
        incoming = inspect(name, file)
        if incoming.error is None or not is_archive(file):
            found.append(incoming)
            continue
        try:
            unpacker = unpacker or Unpacker(settings, cleanup)
            members = unpacker.unpack(file)
        except OSError as error:
            raise storage_error(error) from error
        for member in members:
            inner = _shown(f"{incoming.name}/{member.name}" if member.name else incoming.name)
            found.append(Incoming(inner, member.file, member.format, member.error))
    return found


def _shown(name: str) -> str:
    return "".join(c for c in name if c.isprintable())[:_NAME_LENGTH]
