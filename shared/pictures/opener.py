"""Opens a picture with Pillow: one table of formats, one set of Pillow's switches.

Nothing else opens pictures, so that a file is the same picture for the network and for the page.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, NamedTuple

import pillow_heif
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    MpoImagePlugin,  # noqa: F401 - what Pillow opens a JPEG of several pictures with
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from shared.errors import PictureError
from shared.files.formats import FORMATS, SNIFF_BYTES, Format, sniff
from shared.pictures.truncation import is_truncated

# Pillow's switches are global to the process; they are set here, once.
# Half a picture is a failure with a code, never a picture with a grey half.
ImageFile.LOAD_TRUNCATED_IMAGES = False
# Pixels are limited below, by `max_pixels` and before decoding; Pillow's own limit only warns.
Image.MAX_IMAGE_PIXELS = None
# What Pillow warns of, users read as a failure's reason or not at all.
warnings.filterwarnings("ignore", module=r"PIL\.")
# Pictures are decoded side by side, so none of them needs threads of its own.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pillow_heif.options.DECODE_THREADS = 1
pillow_heif.register_heif_opener(thumbnails=False)
# All that Pillow imports when it is first needed: a decoder's process may not read files by then.
Image.preinit()


#: Pillow's plug-in for each format; no other one ever sees the bytes. `Image.open` finds a plug-in
#: by name only if its module is loaded, hence the modules' own names.
_PLUGINS: dict[Format, str] = {
    "jpeg": JpegImagePlugin.JpegImageFile.format,
    "png": PngImagePlugin.PngImageFile.format,
    "webp": WebPImagePlugin.WebPImageFile.format,
    "gif": GifImagePlugin.GifImageFile.format,
    "bmp": BmpImagePlugin.BmpImageFile.format,
    "tiff": TiffImagePlugin.TiffImageFile.format,
    "avif": AvifImagePlugin.AvifImageFile.format,
    "heic": "HEIF",
}
_ORIENTATION = 0x0112
#: Where a PNG's header says how many bits a sample has (PNG specification, 11.2.1).
_PNG_DEPTH = 24
#: What turns a stored picture upright, by EXIF orientation (TIFF 6.0, tag 274).
UPRIGHT: dict[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
#: The orientations in which width and height change places.
SIDEWAYS = frozenset({5, 6, 7, 8})


class Opened(NamedTuple):
    """A picture whose header is read and whose pixels are not."""

    image: Image.Image
    format: Format
    data: bytes


@contextmanager
def open_picture(data: bytes, max_pixels: int) -> Iterator[Opened]:
    """Open a picture; errors of decoding it within the `with` block are named as well.

    Raises PictureError `empty_file`, `unsupported_format`, `too_many_pixels`, `too_large`,
    `truncated`, `corrupt`.
    """
    if not data:
        raise PictureError("empty_file", "The file is empty.")
    form = sniff(data[:SNIFF_BYTES])
    if form is None:
        raise PictureError(
            "unsupported_format",
            f"The content is none of the formats that can be read: {', '.join(FORMATS)}.",
        )
    try:
        with Image.open(BytesIO(data), formats=[_PLUGINS[form]]) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise PictureError(
                    "too_many_pixels",
                    f"The picture is {width} by {height} pixels; at most {max_pixels} in all are "
                    "read.",
                )
            if form == "png" and data[_PNG_DEPTH] == 16:
                _narrow_key_colour(image)
            yield Opened(image, form, data)
    except PictureError:
        raise
    except MemoryError as error:
        raise PictureError(
            "too_large", "The picture takes more memory to decode than a decoder may have."
        ) from error
    except Exception as error:  # a parser meets anything in hostile bytes
        raise _failure(data, form, error) from error


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none."""
    try:
        value: Any = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - broken EXIF does not make a picture unreadable
        return 1
    return value if isinstance(value, int) else 1


def _narrow_key_colour(image: Image.Image) -> None:
    """Pillow narrows 16-bit RGB to 8 bits, but not the colour that stands for transparent."""
    key = image.info.get("transparency")
    if image.mode == "RGB" and isinstance(key, tuple):
        image.info["transparency"] = tuple(value >> 8 for value in key)


def _failure(data: bytes, form: Format, error: Exception) -> PictureError:
    if is_truncated(data, form) or "truncated" in str(error).lower():
        return PictureError("truncated", f"The {form} file ends before the picture does.")
    return PictureError("corrupt", f"The content is no {form} picture that can be decoded.")
