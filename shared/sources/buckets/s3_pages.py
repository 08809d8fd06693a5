"""Listings of buckets on S3 in which keys stand that obstore refuses, such as `a//b.jpg`.

It refuses the whole page that such a key is in, and has no smaller pages. So from there on the
bucket is listed by requests of our own. They are signed as Amazon says (Signature Version 4).
"""

import hashlib
import hmac
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import NamedTuple
from urllib.parse import quote, unquote_plus, urlencode, urlsplit
from xml.etree import ElementTree

from shared.errors import PictureError
from shared.settings import Settings
from shared.sources.buckets.objects import BucketObject, is_usable, object_status, unusable_key

_TIMEOUT_SECONDS = 60
_TRIES = 10
_FIRST_WAIT_SECONDS, _MAX_WAIT_SECONDS = 0.2, 15.0
_EMPTY = hashlib.sha256(b"").hexdigest()


class _Keys(NamedTuple):
    access: str
    secret: str
    token: str


class S3Pages:
    """Lists a bucket, page by page. Raises PictureError `unreachable`."""

    def __init__(self, bucket: str, settings: Settings) -> None:
        self._region = settings.s3_region or "us-east-1"
        endpoint = settings.s3_endpoint or f"https://s3.{self._region}.amazonaws.com"
        self._endpoint = urlsplit(endpoint)
        self._path = f"{self._endpoint.path.rstrip('/')}/{bucket}"
        self._keys = _keys(settings)
        self.is_possible = settings.s3_anonymous or self._keys is not None

    def after(self, folder: str, after: str, page: int) -> Iterator[Sequence[BucketObject]]:
        """The objects in a folder after a key; those that cannot be read have an error."""
        while True:
            query = {"list-type": "2", "max-keys": str(page), "encoding-type": "url"}
            if folder:
                query["prefix"] = f"{folder}/"
            if after:
                query["start-after"] = after
            root = ElementTree.fromstring(self._get(query))  # noqa: S314 - expat bounds entities
            is_quoted = root.findtext("{*}EncodingType") == "url"
            found = [(_key(item, is_quoted), item) for item in root.iterfind("{*}Contents")]
            if found:
                yield [_object(key, item) for key, item in found]
                after = found[-1][0]
            if not found or root.findtext("{*}IsTruncated") != "true":
                return

    def _get(self, query: Mapping[str, str]) -> bytes:
        for number in range(_TRIES):
            if number:
                time.sleep(min(_MAX_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2 ** (number - 1)))
            try:
                status, body = self._ask(query)
            except (OSError, HTTPException):
                continue
            if status == 200:
                return body
            if status != 429 and status < 500:
                break
        raise PictureError(
            "unreachable",
            "The bucket does not answer, or refuses Lookalike's credentials. See to the endpoint, "
            "the region and the network, then load it again.",
        )

    def _ask(self, query: Mapping[str, str]) -> tuple[int, bytes]:
        kind = HTTPSConnection if self._endpoint.scheme == "https" else HTTPConnection
        connection = kind(self._endpoint.netloc, timeout=_TIMEOUT_SECONDS)
        try:
            sent = urlencode(sorted(query.items()), quote_via=quote, safe="-_.~")
            headers = self._signed(sent, self._keys) if self._keys else {}
            connection.request("GET", f"{quote(self._path)}?{sent}", headers=headers)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def _signed(self, query: str, keys: _Keys) -> dict[str, str]:
        """The headers of a request without a body."""
        now = datetime.now(UTC)
        moment, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
        headers = {
            "host": self._endpoint.netloc,
            "x-amz-content-sha256": _EMPTY,
            "x-amz-date": moment,
        }
        if keys.token:
            headers["x-amz-security-token"] = keys.token
        names = ";".join(headers)
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        asked = f"GET\n{quote(self._path)}\n{query}\n{lines}\n{names}\n{_EMPTY}"
        scope = f"{day}/{self._region}/s3/aws4_request"
        digest = hashlib.sha256(asked.encode()).hexdigest()
        key = f"AWS4{keys.secret}".encode()
        for part in (*scope.split("/"), f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}"):
            key = hmac.digest(key, part.encode(), "sha256")
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={keys.access}/{scope}, SignedHeaders={names}, "
            f"Signature={key.hex()}"
        )
        return headers


def _keys(settings: Settings) -> _Keys | None:
    """Those of the settings, or of AWS's own variables."""
    if settings.s3_anonymous:
        return None
    found = _Keys(
        settings.s3_access_key_id.get_secret_value(),
        settings.s3_secret_access_key.get_secret_value(),
        settings.s3_session_token.get_secret_value(),
    )
    if not found.access:
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        found = _Keys(*(os.environ.get(name, "") for name in names))
    return found if found.access and found.secret else None


def _key(item: ElementTree.Element, is_quoted: bool) -> str:
    key = item.findtext("{*}Key") or ""
    return unquote_plus(key) if is_quoted else key


def _object(key: str, item: ElementTree.Element) -> BucketObject:
    # As obstore has it: the name of an empty object that stands for a folder has no slash.
    name = key.removesuffix("/")
    modified = datetime.fromisoformat(item.findtext("{*}LastModified") or "1970-01-01T00:00:00Z")
    size, tag = int(item.findtext("{*}Size") or 0), item.findtext("{*}ETag")
    error = None if is_usable(name) else unusable_key()
    return BucketObject(name if error is None else key, object_status(size, modified, tag), error)
