"""Addresses of buckets: `s3://bucket/prefix`."""

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote, unquote

_ADDRESS = re.compile(r"(s3|gs|az)://([a-z0-9][a-z0-9._-]{1,62})(?:/(.*))?", re.DOTALL)


class BucketLocation(NamedTuple):
    """A bucket, or what is below `key` in it; `key` neither begins nor ends with a slash."""

    scheme: str
    bucket: str
    key: str

    @property
    def address(self) -> str:
        """As a caller writes it, the key as it is."""
        base = f"{self.scheme}://{self.bucket}"
        return f"{base}/{self.key}" if self.key else base

    @property
    def uri(self) -> str:
        """The key percent-encoded, as the paths of files are."""
        base = f"{self.scheme}://{self.bucket}"
        return f"{base}/{quote(self.key)}" if self.key else base


def parse(address: str, *, quoted: bool = False) -> BucketLocation:
    """What an address names, its key as it is or, in an image's uri, percent-encoded.

    Raises ValueError, also for keys with `.`, `..` or empty parts.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise ValueError("An address is s3://bucket/prefix, gs://… or az://….")
    scheme, bucket, key = match[1], match[2], (match[3] or "").rstrip("/")
    key = unquote(key, errors="strict") if quoted else key
    if key and any(part in ("", ".", "..") for part in key.split("/")):
        raise ValueError("A key in a bucket has no `.`, `..` or empty parts.")
    return BucketLocation(scheme, bucket, key)


def is_within(location: BucketLocation, roots: Iterable[str]) -> bool:
    """Whether a location is one of some roots or below. Raises ValueError for a root that is none.

    `s3://photos/2020` is not below `s3://photos/20`.
    """
    for root in map(parse, roots):
        same = (root.scheme, root.bucket) == (location.scheme, location.bucket)
        if same and (not root.key or f"{location.key}/".startswith(f"{root.key}/")):
            return True
    return False
