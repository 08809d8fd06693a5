"""A hash of what a decoded picture looks like (`shared.domain.pixel_hash`).

The signs of the lowest coefficients of its brightness's cosine transform, as pHash takes them
(Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010, section 3.2.1).
There each bit compares with the median of the coefficients; here with zero, so that mirroring is a
change of signs.
"""

import numpy as np
from numpy.typing import NDArray

#: Pixels of the small picture that is transformed, and coefficients that are kept, on each side.
_SIDE, _KEPT = 32, 8
#: Rec. 601, as Pillow converts to grey.
_BRIGHTNESS = np.array([0.299, 0.587, 0.114])
#: Half waves, (8, 32).
_WAVES = np.cos(np.pi / _SIDE * np.outer(np.arange(_KEPT), np.arange(_SIDE) + 0.5))
_WEIGHTS = np.uint64(1) << np.arange(_KEPT**2, dtype=np.uint64)


def pixel_hash(pixels: NDArray[np.uint8]) -> str:
    """The hash of a picture, (side, side, 3), whose side is a multiple of 32: 16 hex digits.

    The first bit, of the mean, is never set.
    """
    side = len(pixels) // _SIDE
    rows = pixels.reshape(_SIDE, side, -1).sum(axis=1, dtype=np.int32)
    small = rows.reshape(_SIDE, _SIDE, side, 3).sum(axis=2) @ _BRIGHTNESS
    waves = _WAVES @ small @ _WAVES.T
    above = (waves > 0).ravel()
    above[0] = False
    return f"{int(_WEIGHTS[above].sum()):016x}"
