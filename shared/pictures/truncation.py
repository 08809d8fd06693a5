"""Telling a file that was cut off from one that is broken, when it could not be decoded."""

from typing import Literal

from shared.files.formats import Format

_SOS, _EOI = b"\xff\xda", b"\xff\xd9"


def is_truncated(data: bytes, form: Format) -> bool:
    """Whether a file of this format lacks its end, by the format's own bookkeeping."""
    match form:
        case "jpeg":
            # The thumbnail in the EXIF data has an end of its own, before the last scan's start.
            return _EOI not in data[max(0, data.rfind(_SOS)) :]
        case "png":
            return b"IEND" not in data[-1024:]
        case "gif":
            return data.rstrip(b"\0")[-1:] != b";"
        case "webp":
            return int.from_bytes(data[4:8], "little") + 8 > len(data)
        case "bmp":
            return int.from_bytes(data[2:6], "little") > len(data)
        case "tiff":
            return _first_directory(data) >= len(data)
        case "avif" | "heic":
            return _boxes_end(data) > len(data)


def _first_directory(data: bytes) -> int:
    """Offset of a TIFF's (or BigTIFF's) first directory."""
    order: Literal["little", "big"] = "little" if data[:2] == b"II" else "big"
    big = data[2:4] in (b"+\0", b"\0+")
    return int.from_bytes(data[8:16] if big else data[4:8], order)


def _boxes_end(data: bytes) -> int:
    """Where the last top-level ISO-BMFF box says that it ends."""
    position = 0
    while position + 8 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        if size == 1:
            size = int.from_bytes(data[position + 8 : position + 16], "big")
        if size < 8:  # 0 means "to the end of the file"; less is nonsense
            return len(data)
        position += size
    return max(len(data), position)
