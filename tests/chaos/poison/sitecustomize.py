"""Stands in for a decoder bug: a process that opens a picture with the mark below dies at once.

The poison test puts this folder on the PYTHONPATH of one encoder. Python imports a module of
this name at start, so production code needs no switch for the test.
"""

import os
import signal
from typing import Any

from PIL import Image

MARK = b"this picture is poison"
_open = Image.open


def _open_or_die(file: Any, *args: Any, **kwargs: Any) -> Image.Image:
    position = file.tell()
    if MARK in file.read():
        os.kill(os.getpid(), signal.SIGKILL)
    file.seek(position)
    return _open(file, *args, **kwargs)


Image.open = _open_or_die
