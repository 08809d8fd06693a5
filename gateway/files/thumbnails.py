"""A cache of thumbnails on disk."""

import os
import tempfile
import threading
from pathlib import Path

from anyio import to_thread

from gateway.files.originals import Original
from gateway.files.thumbnailer import Thumbnailer
from shared.log import outages
from shared.settings import Settings

#: Room for some 30,000 thumbnails of the page's size.
CACHE_BYTES = 512 * 1024 * 1024
#: A cache that is over its limit is emptied to this share of it.
_KEPT_SHARE = 0.8


class Thumbnails:
    """WebP files under DATA_DIR, at most `max_bytes`; the least recently used are deleted first."""

    def __init__(self, settings: Settings, max_bytes: int = CACHE_BYTES) -> None:
        self._folder = settings.data_dir / "thumbnails"
        self._thumbnailer = Thumbnailer(settings)
        self._max_bytes = max_bytes
        self._bytes: int | None = None
        self._lock = threading.Lock()

    async def get(self, picture: Original, size: int) -> tuple[bytes, str]:
        """A WebP of `picture` within a square of `size` pixels, and its ETag.

        Raises PictureError and DecoderUnavailable as `Thumbnailer.shrink` does. If the disk is full
        or read-only, the thumbnail is made and not cached.
        """
        name = picture.version(size)
        data = await self.kept(name)
        if data is None:
            data = await self._thumbnailer.shrink(picture.file, name, size)
            await to_thread.run_sync(self._store, self._location(name), data)
        return data, f'"{name}"'

    async def kept(self, version: str) -> bytes | None:
        """The thumbnail of this `Original.version`, if it is in the cache."""
        return await to_thread.run_sync(_read, self._location(version))

    def close(self) -> None:
        """End the processes that make thumbnails."""
        self._thumbnailer.close()

    def _location(self, version: str) -> Path:
        return self._folder / version[:2] / f"{version}.webp"

    def _store(self, location: Path, data: bytes) -> None:
        try:
            location.parent.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(prefix=".new-", dir=location.parent)
            try:
                with os.fdopen(descriptor, "wb") as out:
                    out.write(data)
                Path(temporary).replace(location)
            except OSError:
                Path(temporary).unlink(missing_ok=True)
                raise
            self._limit_size(len(data))
        except OSError as error:
            outages.met("thumbnails_not_cached", error)
        else:
            outages.ended("thumbnails_not_cached")

    def _limit_size(self, added: int) -> None:
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


def _read(location: Path) -> bytes | None:
    try:
        data = location.read_bytes()
        os.utime(location)
    except OSError:
        return None
    return data
