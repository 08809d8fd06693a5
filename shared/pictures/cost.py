"""Which pictures are costly to decode, told from their headers alone.

This only chooses a lane (`shared.sandbox.pool`): what is not recognised here is stopped by its
processor time. Measured on one core of 2.5 GHz: the formats take 2 to 36 ns a pixel (BMP to PNG),
and each scan of a JPEG takes 0.5 to 6 ns for each of the picture's pixels, however few its bytes.
"""

from shared.pictures.opener import Opened

#: Beyond this many bytes of pixels, pictures are decoded one at a time: those of all lanes together
#: would not fit in memory. RGB, its premultiplied copy and a format's own buffers take 8 bytes a
#: pixel, so that these are 16 megapixels.
_LARGE_BYTES = 128_000_000
_BYTES_PER_PIXEL = 8
#: A progressive JPEG keeps 16-bit coefficients of all its pixels until its last scan, mostly with
#: half as many for colour as for brightness, however small the copy is that is asked for.
_BYTES_PER_PROGRESSIVE_PIXEL = 3
#: Pixels times scans. A progressive JPEG of 24 megapixels has 10 scans.
_MAX_SCANNED_PIXELS = 256_000_000
_START_OF_SCAN = b"\xff\xda"


def is_costly(opened: Opened, size: tuple[int, int]) -> bool:
    """Whether a picture, of `size` in pixels before its draft, is better decoded apart."""
    image = opened.image
    pixels = size[0] * size[1]
    if _BYTES_PER_PIXEL * image.width * image.height > _LARGE_BYTES:
        return True
    if opened.format != "jpeg":
        return False
    if "progressive" in image.info and _BYTES_PER_PROGRESSIVE_PIXEL * pixels > _LARGE_BYTES:
        return True
    return scan_count(opened.data) * pixels > _MAX_SCANNED_PIXELS


def scan_count(jpeg: bytes) -> int:
    """How many scans a JPEG has at most.

    A decoder meets no more of them than there are markers in the bytes; those of an embedded
    thumbnail, and bytes in a header that look like one, count too.
    """
    return jpeg.count(_START_OF_SCAN)
