"""Pictures that are sound by their format and cost minutes to decode, and mutated ones."""

from collections.abc import Iterator
from io import BytesIO

import numpy as np
from PIL import Image

_START_OF_SCAN, _END = b"\xff\xda", b"\xff\xd9"


def endless_jpeg(side: int = 9000, scans: int = 800) -> bytes:
    """A progressive JPEG whose last scan comes again and again: half a MB for half a minute.

    Each scan refines every block of the picture once more, and takes 15 bytes.
    """
    out = BytesIO()
    Image.new("RGB", (side, side), (90, 90, 90)).save(out, "JPEG", progressive=True)
    data = out.getvalue()
    last, end = data.rfind(_START_OF_SCAN), data.rfind(_END)
    repeated = scans - data.count(_START_OF_SCAN)
    return data[:end] + data[last:end] * repeated + data[end:]


def mutated(data: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Copies with bytes flipped, cut out, doubled or overwritten, the first 12 left alone."""
    dice = np.random.default_rng(seed)
    for _ in range(count):
        copy = bytearray(data)
        for _ in range(int(dice.integers(1, 8))):
            start = int(dice.integers(12, len(copy)))
            length = int(dice.integers(1, 64))
            match int(dice.integers(4)):
                case 0:
                    copy[start] ^= 1 << int(dice.integers(8))
                case 1:
                    del copy[start : start + length]
                case 2:
                    copy[start:start] = copy[start : start + length]
                case _:
                    copy[start : start + length] = dice.bytes(length)
            if len(copy) <= 12:
                break
        yield bytes(copy)
