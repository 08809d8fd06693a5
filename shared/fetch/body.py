"""A reply's body: decoded, counted, and told to be a picture by its first bytes."""

import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from shared.errors import PictureError
from shared.fetch.errors import FetchFailed
from shared.files.formats import FORMATS, SNIFF_BYTES, sniff

_STEP_BYTES = 1 << 20
#: `zlib.decompressobj` tells gzip and zlib apart by itself.
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


def save_picture(parts: Iterable[bytes], encoding: str, limit: int, into: BinaryIO) -> None:
    """Write a body to `into`, up to `limit` bytes of it as they are after decoding.

    The rest of what is no picture, or is too large, is not read. Raises PictureError
    `empty_file`, `unsupported_format`, `too_large`; FetchFailed `fetch_failed`.
    """
    size, head, recognised = 0, b"", False
    for part in _decoded(parts, encoding):
        size += len(part)
        if size > limit:
            raise too_large(limit)
        if not recognised:
            head += part[: SNIFF_BYTES - len(head)]
            if len(head) == SNIFF_BYTES:
                _recognise(head)
                recognised = True
        into.write(part)
    if not recognised:
        _recognise(head)


def too_large(limit: int) -> PictureError:
    """The error of a picture of more than `limit` bytes."""
    return PictureError("too_large", f"The picture is larger than {limit >> 20} MiB.")


def _recognise(head: bytes) -> None:
    if not head:
        raise PictureError("empty_file", "The server sent nothing.")
    if sniff(head) is None:
        raise PictureError(
            "unsupported_format", f"This is no picture of a known format ({', '.join(FORMATS)})."
        )


def _decoded(parts: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The body without its content coding, which it should not have: none was asked for."""
    names = [name for name in map(str.strip, encoding.lower().split(",")) if name]
    names = [name for name in names if name != "identity"]
    if not names:
        yield from parts
        return
    if len(names) > 1 or names[0] not in ("gzip", "x-gzip", "deflate"):
        raise FetchFailed("fetch_failed", "The server sent a content coding that is not known.")
    decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        for part in parts:
            while part:
                # At most this much at once, however far it was compressed.
                yield decoder.decompress(part, _STEP_BYTES)
                part = decoder.unconsumed_tail
            if decoder.eof:
                return
        yield decoder.flush()
        if not decoder.eof:
            raise FetchFailed("fetch_failed", "The server's reply ends too early.")
    except zlib.error as error:
        raise FetchFailed("fetch_failed", "The server's reply cannot be decoded.") from error
