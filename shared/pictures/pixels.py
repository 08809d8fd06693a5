"""Any of Pillow's pixel modes into opaque RGB of one size: transparency on white."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_WHITE = (255, 255, 255)
_ALPHA = frozenset({"LA", "RGBA", "La", "RGBa"})


def resize_to_rgb(
    image: Image.Image, box: tuple[float, float, float, float], side: int
) -> Image.Image:
    """The part `box` (left, top, right, bottom in pixels) of a loaded image as a square of RGB.

    Stretched with an antialiased bilinear filter, in premultiplied colour where there is alpha.
    """
    image = _to_plain_mode(image)
    small = image.resize((side, side), Image.Resampling.BILINEAR, box=box)
    if small.mode not in _ALPHA:
        return small.convert("RGB")
    white = Image.new("RGBA", small.size, _WHITE)
    return Image.alpha_composite(white, small.convert("RGBA")).convert("RGB")


def _to_plain_mode(image: Image.Image) -> Image.Image:
    """The same picture as L, LA, RGB or RGBA, which a bilinear filter may mix."""
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return grey_to_eight_bits(image)
    if image.mode in ("PA", "La", "RGBa"):
        return image.convert("LA" if image.mode == "La" else "RGBA")
    if image.mode in ("1", "L", "P", "RGB") and "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode in ("L", "LA", "RGB", "RGBA"):
        return image
    if image.mode == "1":
        return image.convert("L")
    # Palettes, CMYK (whose Adobe inversion Pillow has undone), YCbCr, LAB, RGBX.
    return image.convert("RGB")


def grey_to_eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits or floats as 8 bits. Pillow's own conversion clips it at 255."""
    values = np.asarray(image)
    grey = Image.fromarray(_eight_bits(values, sixteen=image.mode.startswith("I;16")))
    key = image.info.get("transparency")
    if isinstance(key, int):
        alpha = np.where(values == key, 0, 255).astype(np.uint8)
        grey.putalpha(Image.fromarray(alpha))
    return grey


def _eight_bits(values: NDArray[np.generic], *, sixteen: bool) -> NDArray[np.uint8]:
    if sixteen:
        return (values.astype(np.uint16) >> 8).astype(np.uint8)
    # 32-bit files name no range of values: 0-1, 0-255 and 0-65535 are the common ones, and
    # anything else is spread from its least to its greatest value.
    numbers = np.nan_to_num(values.astype(np.float32), nan=0, posinf=0, neginf=0)
    low, high = float(numbers.min()), float(numbers.max())
    if low >= 0 and high <= 1 and values.dtype.kind == "f":
        low, high = 0.0, 1.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    elif low >= 0 and high <= 65535:
        low, high = 0.0, 65535.0
    return ((numbers - low) * (255 / max(high - low, 1e-9))).clip(0, 255).astype(np.uint8)
