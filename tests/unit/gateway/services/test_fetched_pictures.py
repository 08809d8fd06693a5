"""Pictures at addresses, for queries, in the time of a query."""

import asyncio
import threading
from typing import Any, BinaryIO, cast

import pytest

from gateway.services.fetched_pictures import FetchedPictures
from shared.fetch.errors import FetchFailed
from shared.fetch.fetcher import FetchLimits
from shared.retry import ShuttingDown
from shared.settings import Settings


class Waiting:
    """A `Fetcher` whose fetches last until they are to stop."""

    def __init__(self) -> None:
        self.limits: list[FetchLimits] = []

    def fetch(self, _: str, into: BinaryIO, limits: FetchLimits, stop: threading.Event) -> None:
        """As `Fetcher.fetch`."""
        self.limits.append(limits)
        into.write(b"half")
        stop.wait()
        raise ShuttingDown


def test_what_is_under_way_ends_with_the_server(base_settings: Settings) -> None:
    fetcher = Waiting()
    pictures = FetchedPictures(base_settings, cast("Any", fetcher))
    threading.Timer(0.05, pictures.close).start()

    with pytest.raises(FetchFailed) as ended:
        asyncio.run(pictures.fetch("https://pictures.example/a.jpg"))
    assert ended.value.code == "fetch_timeout"
    (limits,) = fetcher.limits
    assert limits.total <= base_settings.query_timeout_seconds
