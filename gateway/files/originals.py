"""A stored image's own file."""

import hashlib
import os
from dataclasses import dataclass
from typing import IO

from shared.domain.image import ImageRow
from shared.errors import NotFound, NotPermitted, PictureError, Unavailable
from shared.files.formats import SNIFF_BYTES, Format, sniff
from shared.sources import Files, FileStatus


@dataclass(frozen=True)
class Original:
    """An image's open file, which is what was checked: it is never opened by name again."""

    uri: str
    file: IO[bytes]
    status: FileStatus

    def version(self, size: int = 0) -> str:
        """Identifies what the file holds, or its thumbnail of `size`: 32 hex digits."""
        facts = f"{self.uri}|{self.status.size}|{self.status.mtime_ns}|{size}"
        return hashlib.sha256(os.fsencode(facts)).hexdigest()[:32]

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
    except NotPermitted:
        raise
    except PictureError as error:
        if error.code == "unreachable":
            raise _away() from error
        raise NotFound(error.code, error.detail) from error
    return Original(row.uri, opened.file, opened.status)


def _away() -> Unavailable:
    return Unavailable(
        "unreachable",
        "The place that the image's file is in does not answer, or refuses Lookalike's "
        "credentials. The image is kept; try again in a few seconds.",
    )
