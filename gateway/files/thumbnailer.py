"""Makes thumbnails in decoder processes: upright, as WebP."""

import os
from typing import IO

from anyio import CapacityLimiter, to_thread

from shared.errors import PictureError
from shared.pictures.thumbnail import Thumbnail
from shared.sandbox.pool import DecoderPool, limits_of
from shared.settings import Settings

#: A page of new thumbnails must leave cores and memory to other requests.
_LANES = 2
#: How many pictures that cannot be drawn are remembered, each by some hundred bytes.
_MAX_REFUSED = 10_000
#: What takes the slow lane's time before it is known.
_COSTLY_REFUSALS = frozenset({"too_slow", "decoder_crashed"})


class Thumbnailer:
    """Shrinks pictures. A request that waits for a slow one holds no thread and no picture."""

    def __init__(self, settings: Settings) -> None:
        self._max_bytes = settings.max_file_bytes
        self._decoders = DecoderPool(limits_of(settings), _LANES)
        self._quick = CapacityLimiter(_LANES)
        self._slow = CapacityLimiter(1)
        self._refused: dict[str, PictureError] = {}

    async def shrink(self, file: IO[bytes], version: str, size: int) -> bytes:
        """A WebP of the picture in an open file that fits into a square of `size` pixels.

        `version` identifies the file's content: one that could not be drawn is not tried again.
        Raises PictureError as `shared.sandbox.pool.DecoderPool.decode_slowly` does, and
        `too_large`, `unreadable`; DecoderUnavailable.
        """
        if (known := self._refused.get(version)) is not None:
            raise PictureError(known.code, known.detail)
        try:
            drawn = await to_thread.run_sync(self._quickly, file, size, limiter=self._quick)
            if drawn is None:
                drawn = await to_thread.run_sync(self._slowly, file, size, limiter=self._slow)
        except PictureError as error:
            if error.code in _COSTLY_REFUSALS:
                self._remember(version, error)
            raise
        return drawn

    def close(self) -> None:
        """End the decoder processes."""
        self._decoders.close()

    def _quickly(self, file: IO[bytes], size: int) -> bytes | None:
        return self._decoders.decode_quickly(self._read(file), Thumbnail(size))

    def _slowly(self, file: IO[bytes], size: int) -> bytes:
        return self._decoders.decode_slowly(self._read(file), Thumbnail(size))

    def _read(self, file: IO[bytes]) -> bytes:
        try:
            if file.seek(0, os.SEEK_END) > self._max_bytes:
                raise PictureError("too_large", "The file is larger than a load may read.")
            file.seek(0)
            return file.read()
        except OSError as error:
            raise PictureError("unreadable", "The file may not be read.") from error

    def _remember(self, version: str, error: PictureError) -> None:
        self._refused[version] = error
        if len(self._refused) > _MAX_REFUSED:
            self._refused.pop(next(iter(self._refused)))
