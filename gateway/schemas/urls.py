"""The addresses that replies point to."""

from typing import cast
from urllib.parse import urlencode

from fastapi import Request

from shared.domain.image import ImageRow
from shared.files.formats import EXTENSIONS, Format
from shared.settings import Settings

#: Enough of a content's hash to tell its versions apart.
_VERSION_DIGITS = 16


def extension(row: ImageRow) -> str:
    """The usual extension of a picture's format, `jpg`."""
    return EXTENSIONS[cast("Format", row.format)][0]


class UrlBuilder:
    """Makes the addresses for one request.

    Those of v2 are relative to this server, so that they hold behind any proxy; those of v1 are
    absolute, as the article's clients expect.
    """

    def __init__(self, request: Request, settings: Settings) -> None:
        self._root = request.scope.get("root_path", "").rstrip("/")
        self._base = settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
        self._default_collection = settings.default_collection

    def collection(self, name: str) -> str:
        """A collection's address."""
        return f"{self._root}/api/v2/collections/{name}"

    def job(self, job_id: str) -> str:
        """A job's address."""
        return f"{self._root}/api/v2/jobs/{job_id}"

    def image(self, collection: str, image_id: str) -> str:
        """An image's address."""
        return f"{self.collection(collection)}/images/{image_id}"

    def content(self, collection: str, row: ImageRow) -> str:
        """The address of a picture's bytes, which changes when they do."""
        return f"{self.image(collection, row.id)}/content?v={version(row)}"

    def thumbnail(self, collection: str, row: ImageRow) -> str:
        """The address of a picture's thumbnail, which changes when it does."""
        return f"{self.image(collection, row.id)}/thumbnail?v={version(row)}"

    def article(self, collection: str, row: ImageRow) -> str:
        """The absolute address of a picture's bytes, as the article names it."""
        url = f"{self._base}/data/{row.id}.{extension(row)}"
        if collection == self._default_collection:
            return url
        return f"{url}?{urlencode({'Table': collection})}"


def version(row: ImageRow) -> str:
    """Names a picture's content, so that browsers may keep what they have of it for ever."""
    return row.sha256[:_VERSION_DIGITS]
