"""Simulates a decoder bug: a process that opens a picture with the marker below ends by SIGSEGV.

The poison test puts this folder on the PYTHONPATH of one encoder. Python imports a module of
this name at start, so production code needs no switch for the test.
"""

import ctypes
from typing import Any, Literal

from PIL import Image, ImageFile

MARK = b"this picture is poison"
_open = Image.open


def _open_or_die(
    fp: Any, mode: Literal["r"] = "r", formats: list[str] | tuple[str, ...] | None = None
) -> ImageFile.ImageFile:
    position = fp.tell()
    if MARK in fp.read():
        ctypes.string_at(0)
    fp.seek(position)
    return _open(fp, mode, formats)


Image.open = _open_or_die
