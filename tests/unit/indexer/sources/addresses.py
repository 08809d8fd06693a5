"""Addresses as a place that pictures are loaded from."""

import hashlib
from collections.abc import Generator, Iterable
from typing import Any, cast
from urllib.parse import quote

from indexer.sources import Batch
from indexer.sources.fetching import PictureKeeper, fetch_all
from shared.domain.chunk import FileRef
from shared.domain.job import UrlsSource
from shared.files.paths import upload_path
from shared.files.uris import upload_uri
from shared.settings import Settings
from tests.unit.indexer.sources.pages import HOLIDAYS, NOTHING_KNOWN, Pages
from tests.unit.indexer.sources.places import Upload


class Addresses(Upload):
    """Addresses, whose pictures are stored once they were fetched."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.web = Pages()

    def put(self, name: str, data: bytes) -> str:
        address = f"https://pictures.example/{quote(name)}"
        self.web.pages[address] = data
        self.refs[name] = FileRef(uri=address, size=0, mtime_ns=0, source_url=address)
        for _ in self.listing().batches(""):
            pass
        return upload_uri(hashlib.sha256(data).hexdigest(), "jpg")

    def remove(self, name: str) -> None:
        data = self.web.pages.pop(self.refs.pop(name).uri)
        uri = upload_uri(hashlib.sha256(data).hexdigest(), "jpg")
        upload_path(uri, "c", self.settings).unlink()

    def source(self) -> UrlsSource:
        return UrlsSource(addresses=len(self.refs))

    def fetch(self, addresses: Iterable[str]) -> Generator[Batch, None, None]:
        keeper = PictureKeeper(HOLIDAYS, "j", self.settings, cast("Any", self.web))
        return fetch_all(addresses, keeper, NOTHING_KNOWN, at_once=3)
