"""A picture as a small WebP for a page."""

from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageOps

from shared.pictures.opener import Opened
from shared.pictures.pixels import grey_to_eight_bits


class Thumbnail(NamedTuple):
    """What is wanted of a picture: upright, within a square of `size` pixels, never enlarged."""

    size: int

    def draft(self, opened: Opened) -> None:
        """Have a JPEG decoded at a fraction of its size that is at least twice the wanted one."""
        opened.image.draft("RGB", (2 * self.size, 2 * self.size))

    def draw(self, opened: Opened, _: tuple[int, int]) -> bytes:
        """Decode; returns a WebP, its transparency kept."""
        image = opened.image
        ImageOps.exif_transpose(image, in_place=True)
        small = _displayable(image)
        small.thumbnail((self.size, self.size), Image.Resampling.LANCZOS)
        out = BytesIO()
        small.save(out, "WEBP", quality=80, method=4)
        return out.getvalue()


def _displayable(image: Image.Image) -> Image.Image:
    """The picture in a mode that can be resized smoothly and written as WebP."""
    if image.mode in ("RGB", "RGBA"):
        return image
    if image.mode.startswith("I"):
        image = grey_to_eight_bits(image)
    return image.convert("RGBA" if image.has_transparency_data else "RGB")
