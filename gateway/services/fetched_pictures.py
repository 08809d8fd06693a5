"""Pictures that queries name by their addresses."""

import tempfile
import threading
from typing import IO, BinaryIO, cast

from anyio import CapacityLimiter, to_thread

from shared.fetch.errors import FetchFailed
from shared.fetch.fetcher import Fetcher, FetchLimits
from shared.retry import ShuttingDown
from shared.settings import Settings

#: Pictures that are fetched at once; they hold no thread that other calls need.
_AT_ONCE = 16
_TRIES = 2
#: Pictures beyond this are kept on disk while they are looked at.
_MEMORY_BYTES = 1 << 20


class FetchedPictures:
    """Fetches pictures for queries: as large as uploads may be, in the time of a query.

    That time is for all tries, redirects and waits of one picture together.
    """

    def __init__(self, settings: Settings, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        seconds = min(settings.fetch_timeout_seconds, settings.query_timeout_seconds)
        self._limits = FetchLimits(settings.max_upload_bytes, seconds, _TRIES, seconds, seconds)
        self._threads = CapacityLimiter(_AT_ONCE)
        self._stop = threading.Event()

    def close(self) -> None:
        """End the fetches that are under way: FetchFailed `fetch_timeout`."""
        self._stop.set()

    async def fetch(self, address: str) -> IO[bytes]:
        """The picture at an address. Whoever asks closes it.

        Raises FetchFailed, PictureError `empty_file`, `unsupported_format`, `too_large`.
        """
        return await to_thread.run_sync(self._fetch, address, limiter=self._threads)

    def _fetch(self, address: str) -> IO[bytes]:
        into = cast("BinaryIO", tempfile.SpooledTemporaryFile(_MEMORY_BYTES))  # noqa: SIM115
        try:
            self._fetcher.fetch(address, into, self._limits, self._stop)
        except BaseException as error:
            into.close()
            if isinstance(error, ShuttingDown):
                raise FetchFailed(
                    "fetch_timeout", "The fetch was ended, as this server is being stopped."
                ) from error
            raise
        return into
