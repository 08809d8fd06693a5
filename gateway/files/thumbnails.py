"""Thumbnails, made once and kept on disk as long as there is room for them."""

import os
import tempfile
import threading
from pathlib import Path

from anyio import CapacityLimiter, to_thread

from gateway.files.originals import version
from gateway.files.thumbnailer import shrink
from shared.log import get_logger
from shared.settings import Settings

_log = get_logger(__name__)

#: Room for some 30,000 thumbnails of the page's size.
CACHE_BYTES = 512 * 1024 * 1024
#: What is left of the cache once it was too full.
_KEPT_SHARE = 0.8
_MAKERS = 2


class Thumbnails:
    """A cache of WebP files under DATA_DIR, the longest unused of which make room."""

    def __init__(self, settings: Settings, max_bytes: int = CACHE_BYTES) -> None:
        self._folder = settings.data_dir / "thumbnails"
        self._max_pixels = settings.max_pixels
        self._max_bytes = max_bytes
        self._bytes: int | None = None
        self._lock = threading.Lock()
        # Few, so that a page full of new thumbnails leaves cores and memory to others.
        self._makers = CapacityLimiter(_MAKERS)

    async def get(self, picture: Path, size: int) -> tuple[bytes, str]:
        """A WebP of `picture` within a square of `size` pixels, and its ETag.

        Raises PictureError as `gateway.files.thumbnailer.shrink` does, OSError where the file is
        gone. A disk that is full or read-only costs the cache, not the answer.
        """
        name = await to_thread.run_sync(version, picture, size)
        place = self._folder / name[:2] / f"{name}.webp"
        data = await to_thread.run_sync(_read, place)
        if data is None:
            data = await to_thread.run_sync(self._make, picture, size, place, limiter=self._makers)
        return data, f'"{name}"'

    def _make(self, picture: Path, size: int, place: Path) -> bytes:
        data = shrink(picture, size, self._max_pixels)
        self._keep(place, data)
        return data

    def _keep(self, place: Path, data: bytes) -> None:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(prefix=".new-", dir=place.parent)
            with os.fdopen(descriptor, "wb") as out:
                out.write(data)
            Path(temporary).replace(place)
            self._make_room(len(data))
        except OSError as error:
            _log.warning("thumbnail_store_failed", error=str(error))

    def _make_room(self, added: int) -> None:
        with self._lock:
            if self._bytes is not None and self._bytes + added <= self._max_bytes:
                self._bytes += added
                return
            files = [(path, path.stat()) for path in self._folder.glob("*/*")]
            self._bytes = sum(stat.st_size for _, stat in files)
            if self._bytes <= self._max_bytes:
                return
            for path, stat in sorted(files, key=lambda file: file[1].st_mtime):
                path.unlink(missing_ok=True)
                self._bytes -= stat.st_size
                if self._bytes <= self._max_bytes * _KEPT_SHARE:
                    return


def _read(place: Path) -> bytes | None:
    try:
        data = place.read_bytes()
        os.utime(place)
    except OSError:
        return None
    return data
