"""Makes thumbnails: upright, as WebP. Large pictures are decoded in a process of their own.

`python -m gateway.files.thumbnailer MAX_PIXELS SIZE PATH` is that process; it writes the WebP to
standard output. Its memory is freed when it ends, and a crash of its decoder ends it alone.
"""

import io
import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError
from pillow_heif import register_heif_opener

from shared.errors import PictureError

#: The formats of `shared.files.formats`, by the names of the Pillow plugins that open them.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF", "HEIF")
#: Pictures that take more memory than this to decode are decoded in a process of their own.
HEAVY_BYTES = 32 * 1024 * 1024
_TIMEOUT_SECONDS = 60
_REFUSED = 3

# All plugins at once: naming formats to `Image.open` finds only those that are loaded.
Image.init()
register_heif_opener()
# Pillow's own limit warns at one size and fails at another; ours is checked in `_open`.
Image.MAX_IMAGE_PIXELS = None


def shrink(path: Path, size: int, max_pixels: int) -> bytes:
    """A WebP of the picture at `path` that fits into a square of `size` pixels, never enlarged.

    Raises PictureError `too_many_pixels`, `unsupported_format`, `truncated`, `corrupt`, `missing`,
    `unreadable`, `decoder_crashed`.
    """
    if _memory(path, max_pixels) > HEAVY_BYTES:
        return _shrink_apart(path, size, max_pixels)
    return _shrink(path, size, max_pixels)


def _shrink(path: Path, size: int, max_pixels: int) -> bytes:
    with _open(path, max_pixels) as picture:
        try:
            # JPEGs are decoded at a fraction of their size that is at least twice the wanted one.
            picture.draft("RGB", (2 * size, 2 * size))
            ImageOps.exif_transpose(picture, in_place=True)
            small = _displayable(picture)
            small.thumbnail((size, size), Image.Resampling.LANCZOS)
            out = io.BytesIO()
            small.save(out, "WEBP", quality=80, method=4)
        except Exception as error:
            raise _broken(error) from error
    return out.getvalue()


def _shrink_apart(path: Path, size: int, max_pixels: int) -> bytes:
    command = [sys.executable, "-m", __name__, str(max_pixels), str(size), str(path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_SECONDS, check=False)  # noqa: S603 - our own module; the path is one argument
    except subprocess.TimeoutExpired as error:
        raise PictureError("decoder_crashed", "The picture takes too long to decode.") from error
    if done.returncode == _REFUSED:
        code, _, reason = done.stderr.decode(errors="replace").partition("\n")
        raise PictureError(code, reason)
    if done.returncode != 0:
        raise PictureError("decoder_crashed", "The decoder crashed on this picture.")
    return done.stdout


def _open(path: Path, max_pixels: int) -> Image.Image:
    try:
        picture = Image.open(path, formats=_FORMATS)
    except UnidentifiedImageError as error:
        raise PictureError("unsupported_format", "This is no picture of a known format.") from error
    except FileNotFoundError as error:
        raise PictureError("missing", "The file is gone.") from error
    except PermissionError as error:
        raise PictureError("unreadable", "The file may not be read.") from error
    except Exception as error:
        raise _broken(error) from error
    if picture.width * picture.height > max_pixels:
        picture.close()
        raise PictureError(
            "too_many_pixels",
            f"{picture.width} by {picture.height} pixels are more than the {max_pixels} allowed.",
        )
    return picture


def _memory(path: Path, max_pixels: int) -> int:
    """About how many bytes decoding takes, told from the header alone."""
    with _open(path, max_pixels) as picture:
        pixels = picture.width * picture.height
        if picture.format in ("JPEG", "MPO"):
            # A progressive one keeps 16-bit coefficients of all its pixels until its last scan.
            return pixels * 6 if "progressive" in picture.info else pixels // 4
        return pixels * 8


def _displayable(picture: Image.Image) -> Image.Image:
    """The picture in a mode that can be resized smoothly and written as WebP."""
    if picture.mode in ("RGB", "RGBA"):
        return picture
    if picture.mode.startswith("I"):
        # 16-bit grey; converting to 8 bits clips where it should scale.
        grey = picture.convert("I").point(lambda value: value / 257)
        return grey.convert("L").convert("RGB")
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _broken(error: Exception) -> PictureError:
    if "truncated" in str(error).lower():
        return PictureError("truncated", "The file ends too early; copy it again from its origin.")
    return PictureError("corrupt", "The file is damaged and cannot be decoded.")


def main(arguments: list[str]) -> int:
    """The process that `_shrink_apart` starts."""
    max_pixels, size, path = arguments
    try:
        sys.stdout.buffer.write(_shrink(Path(path), int(size), int(max_pixels)))
    except PictureError as error:
        sys.stderr.write(f"{error.code}\n{error.detail}")
        return _REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
