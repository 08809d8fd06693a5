"""A stored image's own file."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import IO, TypeVar

from anyio import CapacityLimiter, to_thread

from shared.domain.image import ImageRow
from shared.errors import LookalikeError, NotFound, NotPermitted, PictureError, Unavailable
from shared.files.formats import SNIFF_BYTES, Format, sniff
from shared.files.uris import MEMBER
from shared.sources import Files, FileStatus

#: Files that are opened at once, of those whose opening reads them.
_AT_ONCE = 16

_T = TypeVar("_T")


@dataclass(frozen=True)
class Original:
    """An image's open file, which is what was checked: it is never opened by name again."""

    uri: str
    file: IO[bytes]
    status: FileStatus

    def version(self, size: int = 0) -> str:
        """Identifies what the file holds, or its thumbnail of `size`: 32 hex digits."""
        return _version(self.uri, self.status, size)

    def format(self) -> Format:
        """The file's format by its content.

        Raises NotFound `unsupported_format`, Unavailable `unreachable`.
        """
        try:
            found = sniff(self.file.read(SNIFF_BYTES))
        except OSError as error:
            raise _away() from error
        if found is None:
            raise NotFound("unsupported_format", "The image's file is no longer a picture.")
        return found


def open_original(row: ImageRow, collection: str, files: Files) -> Original:
    """An image's file, checked to be a regular one. Whoever asks closes it.

    Raises NotFound with the codes of `Files.open`, NotPermitted, Unavailable `unreachable`.
    """
    try:
        opened = files.open(row.uri, collection)
    except PictureError as error:
        raise _answered(error) from error
    return Original(row.uri, opened.file, opened.status)


class OriginalThreads:
    """Threads in which files are opened whose opening reads them.

    A bucket that hangs, or a large archive, holds no thread that other calls need.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._threads = CapacityLimiter(_AT_ONCE)

    async def run(self, uri: str, call: Callable[..., _T], *args: object) -> _T:
        """`call(*args)` in a thread: one of these if opening the file at `uri` reads it."""
        limiter = self._threads if is_read_when_opened(uri, self._files) else None
        return await to_thread.run_sync(partial(call, *args), limiter=limiter)


def is_read_when_opened(uri: str, files: Files) -> bool:
    """Whether opening a file unpacks it or gets it over a network."""
    try:
        return MEMBER in uri or files.kind(uri).is_remote
    except PictureError:
        return False  # Opening it says why.


def known_version(row: ImageRow, collection: str, files: Files, size: int = 0) -> str | None:
    """`Original.version` of an image's file that is not opened for it.

    None where opening costs no more than that: opening a file in an archive or a bucket reads it.
    Raises as `open_original` does.
    """
    if not is_read_when_opened(row.uri, files):
        return None
    try:
        status = files.status(row.uri, collection)
    except PictureError as error:
        raise _answered(error) from error
    return _version(row.uri, status, size)


def _version(uri: str, status: FileStatus, size: int) -> str:
    facts = f"{uri}|{status.size}|{status.mtime_ns}|{size}"
    return hashlib.sha256(os.fsencode(facts)).hexdigest()[:32]


def _answered(error: PictureError) -> LookalikeError:
    if isinstance(error, NotPermitted):
        return error
    return _away() if error.code == "unreachable" else NotFound(error.code, error.detail)


def _away() -> Unavailable:
    return Unavailable(
        "unreachable",
        "The place that the image's file is in does not answer, or refuses Lookalike's "
        "credentials. The image is kept; try again in a few seconds.",
    )
