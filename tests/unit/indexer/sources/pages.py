"""Pages on the web as far as a load needs them, without a server."""

import threading
from collections import Counter
from collections.abc import Sequence
from typing import BinaryIO

from indexer.sources.fetching import Known
from shared.domain.collection import CollectionIdentity
from shared.fetch.errors import FetchFailed
from shared.fetch.fetcher import FetchLimits

HOLIDAYS = CollectionIdentity(
    name="c", generation="g1", fingerprint="f", weights="w", pooling="avg"
)


def nothing(_: Sequence[str]) -> set[str]:
    return set()


NOTHING_KNOWN = Known(stored=nothing, accounted=nothing)


class Pages:
    """A `Fetcher` that finds pictures in a dictionary by their addresses."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.asked: Counter[str] = Counter()

    def fetch(self, address: str, into: BinaryIO, _: FetchLimits, __: threading.Event) -> None:
        """As `Fetcher.fetch`."""
        self.asked[address] += 1
        if address not in self.pages:
            raise FetchFailed("http_404", "The server answered with status 404.")
        into.write(self.pages[address])
