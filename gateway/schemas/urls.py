"""The URLs in replies."""

from collections.abc import Callable
from typing import cast
from urllib.parse import urlencode

from fastapi import Request

from shared.domain.image import ImageRow
from shared.files.formats import EXTENSIONS, Format
from shared.settings import Settings

#: Digits of a content's SHA-256 that are enough to tell its versions apart.
_VERSION_DIGITS = 16


def extension(row: ImageRow) -> str:
    """The usual extension of a picture's format, `jpg`."""
    return EXTENSIONS[cast("Format", row.format)][0]


class UrlBuilder:
    """Builds the URLs in the reply to one request.

    Those of v2 have no host, so that they are right behind any proxy; those of v1 are absolute,
    as the article's clients expect. `sign` gives the query parameters that let whoever has the
    address read an image of a collection.
    """

    def __init__(
        self, request: Request, settings: Settings, sign: Callable[[str, str], str] | None = None
    ) -> None:
        self._root = request.scope.get("root_path", "").rstrip("/")
        self._base = settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
        self._default_collection = settings.default_collection
        self._sign = sign

    def collection(self, name: str) -> str:
        """A collection's URL."""
        return f"{self._root}/api/v2/collections/{name}"

    def job(self, job_id: str) -> str:
        """A job's URL."""
        return f"{self._root}/api/v2/jobs/{job_id}"

    def source(self, collection: str, source_id: str) -> str:
        """A standing source's URL."""
        return f"{self.collection(collection)}/sources/{source_id}"

    def key(self, key_id: str) -> str:
        """A stored key's URL."""
        return f"{self._root}/api/v2/keys/{key_id}"

    def webhook(self, webhook_id: str) -> str:
        """A webhook's URL."""
        return f"{self._root}/api/v2/webhooks/{webhook_id}"

    def image(self, collection: str, image_id: str) -> str:
        """An image's URL."""
        return f"{self.collection(collection)}/images/{image_id}"

    def content(self, collection: str, row: ImageRow) -> str:
        """The URL of an image's bytes; another one after its content has changed."""
        return self._picture(collection, row, "content")

    def thumbnail(self, collection: str, row: ImageRow) -> str:
        """The URL of an image's thumbnail; another one after its content has changed."""
        return self._picture(collection, row, "thumbnail")

    def article(self, collection: str, row: ImageRow) -> str:
        """The absolute URL of an image's bytes in v1."""
        url = f"{self._base}/data/{row.id}.{extension(row)}"
        given = [] if collection == self._default_collection else [("Table", collection)]
        query = "&".join(filter(None, (urlencode(given), self._signature(collection, row))))
        return f"{url}?{query}" if query else url

    def _picture(self, collection: str, row: ImageRow, kind: str) -> str:
        query = f"v={content_version(row)}"
        signature = self._signature(collection, row)
        query += f"&{signature}" if signature else ""
        return f"{self.image(collection, row.id)}/{kind}?{query}"

    def _signature(self, collection: str, row: ImageRow) -> str:
        return self._sign(collection, row.id) if self._sign else ""


def content_version(row: ImageRow) -> str:
    """Identifies an image's content in URLs, so that browsers may cache the answer for ever."""
    return row.sha256[:_VERSION_DIGITS]
