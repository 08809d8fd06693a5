"""Parts of files on disk, as files."""

import os
from typing import IO

from shared.sources.positioned import PositionedFile


class Window(PositionedFile):
    """A part of an open file, with a position of its own.

    The file is closed with it, if it `owns` it.
    """

    def __init__(self, file: IO[bytes], start: int, size: int, *, owns: bool = True) -> None:
        super().__init__(size)
        self._file = file
        # Of a part of a part, too, the file itself is read.
        outer = getattr(file, "raw", None)
        if isinstance(outer, Window):
            descriptor, start = outer._descriptor, outer._start + start
        else:
            descriptor = file.fileno()
        self._descriptor: int = descriptor
        self._start: int = start
        self._owns = owns

    def _read_at(self, position: int, size: int) -> bytes:
        return os.pread(self._descriptor, size, self._start + position)

    def close(self) -> None:
        if self._owns:
            self._file.close()
        super().close()
