"""EXIF data as cameras write them, and as nobody should."""

import struct
from collections.abc import Sequence

from PIL import Image

CAMERA, LENS = "Canon EOS 5D", "EF50mm f/1.8 II"
#: 2024-08-01 12:30:00.25 at two hours before UTC.
TAKEN_AT = 1_722_508_200_250_000
LAT, LON = -48.500139, 9.01

_MAKE, _MODEL, _DETAILS, _GPS = 0x010F, 0x0110, 0x8769, 0x8825
#: Tag, type, count, and the value or its offset.
Entry = tuple[int, int, int, int]


def exif(
    *,
    make: str = "Canon",
    model: str = CAMERA,
    details: dict[int, object] | None = None,
    gps: dict[int, object] | None = None,
) -> Image.Exif:
    """EXIF data by Pillow; by default with every fact."""
    found = Image.Exif()
    found[_MAKE], found[_MODEL] = make, model
    known = {0x9003: "2024:08:01 12:30:00", 0x9011: "+02:00", 0x9291: "25", 0xA434: LENS}
    place = {1: "S", 2: (48.0, 30.0, 0.5), 3: "E", 4: (9.0, 0.0, 36.0)}
    found.get_ifd(_DETAILS).update(known if details is None else details)
    found.get_ifd(_GPS).update(place if gps is None else gps)
    return found


def tiff(entries: Sequence[Entry], rest: bytes = b"", *, count: int | None = None) -> bytes:
    """A TIFF structure of one directory, with `rest` behind it at 14 + 12 bytes an entry."""
    directory = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    number = struct.pack("<H", len(entries) if count is None else count)
    return b"II*\0\x08\0\0\0" + number + directory + bytes(4) + rest
