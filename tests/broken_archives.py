"""Archives that are broken, or say what is not so."""

import random
import struct

from tests import archives
from tests.drawn import JPEG


def noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)


def lying(data: bytes) -> bytes:
    """The number of entries at the end of a zip is one, whatever there is."""
    end = data.rindex(b"PK\5\6")
    return data[: end + 8] + b"\1\0\1\0" + data[end + 12 :]


def falsely_larger(count: int, *, located: bool = False) -> bytes:
    """A zip whose last entry's comment is an entry and a ZIP64 record, which some readers find.

    The record tells of that entry only; `located`, it tells of all, as does a pointer behind it.
    """
    data = archives.zip_of({f"{n}.jpg": JPEG for n in range(count + 1)})
    end = data.rindex(b"PK\5\6")
    start = int.from_bytes(data[end + 16 : end + 20], "little")
    one = b"PK\1\2" + bytes(42)
    length = end - start + len(one) if located else len(one)
    record = struct.pack(
        "<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, length, start if located else 0
    )
    if located:
        pointer = struct.pack("<4sLQL", b"PK\6\7", 0, end + len(one), 1)
        return data[:end] + one + record + pointer + data[end:]
    comment = one + record + bytes(20)
    last = data.rindex(b"PK\1\2", 0, end)
    directory = bytearray(data[start:end])
    directory[last - start + 32 : last - start + 34] = len(comment).to_bytes(2, "little")
    size = (end - start + len(comment)).to_bytes(4, "little")
    tail = data[end : end + 12] + size + data[end + 16 :]
    return data[:start] + bytes(directory) + comment + tail


def overwritten(data: bytes) -> bytes:
    return data.replace(b"PK\1\2", b"XXXX")


def damaged(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(255 - byte for byte in data[middle:-1000]) + data[-1000:]
