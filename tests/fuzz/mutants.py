"""Pictures of every format that the decoders accept, and mutants of them, drawn by a seed."""

import itertools
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import get_args

from PIL import Image

from shared.files.formats import Format
from tests.drawn import draw
from tests.encoders import encoded

_SIZE = (160, 120)
#: Sides for a header to name: nothing, little, about the limit of pixels, far too much.
_SIDES = (0, 1, 2, 3000, 9_999, 10_001, 65_535, 65_536, 1 << 24, (1 << 31) - 1, (1 << 32) - 1)
_MARKS = (0xC0, 0xC1, 0xC2)


def corpus() -> dict[str, tuple[Format, bytes]]:
    """Sound pictures, by a name of what they are."""
    image = draw(3, _SIZE)
    grey, alpha, palette = image.convert("L"), image.convert("RGBA"), image.convert("P")
    made: dict[str, tuple[Format, Image.Image, str, dict[str, object]]] = {
        "jpeg": ("jpeg", image, "JPEG", {}),
        "progressive jpeg": ("jpeg", image, "JPEG", {"progressive": True}),
        "grey jpeg": ("jpeg", grey, "JPEG", {}),
        "CMYK jpeg": ("jpeg", image.convert("CMYK"), "JPEG", {}),
        "jpeg of two": ("jpeg", image, "MPO", _two()),
        "png": ("png", image, "PNG", {}),
        "png with alpha": ("png", alpha, "PNG", {}),
        "palette png": ("png", palette, "PNG", {"bits": 4}),
        "16-bit png": ("png", grey.convert("I;16"), "PNG", {}),
        "animated png": ("png", image, "PNG", _two()),
        "webp": ("webp", image, "WEBP", {}),
        "lossless webp": ("webp", alpha, "WEBP", {"lossless": True}),
        "animated webp": ("webp", image, "WEBP", _two()),
        "gif": ("gif", image, "GIF", {}),
        "animated gif": ("gif", image, "GIF", _two()),
        "bmp": ("bmp", image, "BMP", {}),
        "palette bmp": ("bmp", palette, "BMP", {}),
        "bmp of bits": ("bmp", image.convert("1"), "BMP", {}),
        "avif": ("avif", image, "AVIF", {}),
        "heic": ("heic", image, "HEIF", {}),
    }
    for compression in (None, "packbits", "tiff_lzw", "tiff_adobe_deflate", "jpeg", "group4"):
        source = image.convert("1") if compression == "group4" else image
        options: dict[str, object] = {"compression": compression}
        made[f"{compression or 'raw'} tiff"] = ("tiff", source, "TIFF", options)
    made["tiff of two"] = ("tiff", image, "TIFF", _two())
    return {
        name: (form, encoded(source.copy(), plugin, **options))
        for name, (form, source, plugin, options) in made.items()
    }


def _two() -> dict[str, object]:
    """Another picture, anew: Pillow keeps with each how it was encoded last."""
    return {"save_all": True, "append_images": [draw(4, _SIZE)]}


class Mutants:
    """Endless mutants of a corpus; equal seeds give equal ones."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._corpus = sorted(corpus().values())
        assert {form for form, _ in self._corpus} == set(get_args(Format))

    def __iter__(self) -> Iterator[tuple[Format, bytes]]:
        """Mutants, with the format that each was made of."""
        kinds: tuple[Callable[[bytes, Format], bytes], ...] = (
            self._flip,
            self._overwrite,
            self._truncate,
            self._cut,
            self._double,
            self._splice,
            self._resize,
        )
        for form, sound in itertools.cycle(self._corpus):
            data = sound
            for _ in range(self._dice.choice((1, 1, 1, 2, 4, 8))):
                data = self._dice.choice(kinds)(data, form) or sound
            yield form, data

    def _flip(self, data: bytes, _form: Format) -> bytes:
        copy = bytearray(data)
        for _ in range(self._dice.choice((1, 1, 4, 32))):
            copy[self._place(data)] ^= 1 << self._dice.randrange(8)
        return bytes(copy)

    def _overwrite(self, data: bytes, _form: Format) -> bytes:
        at, length = self._place(data), self._dice.choice((1, 2, 4, 64))
        filler = self._dice.choice((b"\0", b"\xff", b"\x7f", self._dice.randbytes(1)))
        return data[:at] + filler * len(data[at : at + length]) + data[at + length :]

    def _truncate(self, data: bytes, _form: Format) -> bytes:
        return data[: self._place(data)]

    def _cut(self, data: bytes, _form: Format) -> bytes:
        at = self._place(data)
        return data[:at] + data[at + self._dice.choice((1, 4, 100)) :]

    def _double(self, data: bytes, _form: Format) -> bytes:
        at = self._place(data)
        piece = data[at : at + self._dice.choice((1, 4, 100, 2000))]
        return data[:at] + piece * self._dice.choice((2, 2, 50)) + data[at:]

    def _splice(self, data: bytes, form: Format) -> bytes:
        """The beginning of one picture and the end of another, of the same format or not."""
        same = self._dice.random() < 0.7
        others = [other for name, other in self._corpus if not same or name == form]
        other = self._dice.choice(others)
        return data[: self._place(data)] + other[self._place(other) :]

    def _resize(self, data: bytes, form: Format) -> bytes:
        """Another size in the header, with a checksum that fits; a number anywhere else."""
        width, height = self._dice.choice(_SIDES), self._dice.choice(_SIDES)
        copy = bytearray(data)
        try:
            if form == "png":
                struct.pack_into(">II", copy, 16, width, height)
                struct.pack_into(">I", copy, 29, zlib.crc32(copy[12:29]))
            elif form == "jpeg":
                at = next(data.find(bytes([0xFF, mark])) for mark in _MARKS if mark in data)
                struct.pack_into(">HH", copy, at + 5, height & 0xFFFF, width & 0xFFFF)
            elif form == "gif":
                struct.pack_into("<HH", copy, 6, width & 0xFFFF, height & 0xFFFF)
            elif form == "bmp":
                struct.pack_into("<II", copy, 18, width, height)
            else:
                struct.pack_into(self._dice.choice("<>") + "I", copy, self._place(data), width)
        except (struct.error, StopIteration):  # an earlier mutation left no room for it
            return self._flip(data, form)
        return bytes(copy)

    def _place(self, data: bytes) -> int:
        """A byte of the data: every other time one of the first hundred, where headers are."""
        return self._dice.randrange(min(len(data), self._dice.choice((100, len(data)))))
