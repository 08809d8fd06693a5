"""The uris of images: `file:///…` of a path, `upload://…` of an upload."""

import os
import re
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

UPLOAD_NAME = re.compile(r"^([0-9a-f]{64})\.([a-z0-9]{1,8})$")

FILE_SCHEME = "file://"
UPLOAD_SCHEME = "upload://"
BUCKET_SCHEMES = ("s3://", "gs://", "az://")
#: Stands between an archive and what is in it. Nowhere else: quoting makes `%21` of a `!`.
MEMBER = "!/"


def file_uri(path: Path | str) -> str:
    """The `file:///…` uri of an absolute path of any bytes, percent-encoded."""
    return FILE_SCHEME + quote_from_bytes(os.fsencode(path))


def uri_of(given: str) -> str:
    """A uri, or its beginning, from what may be an absolute path."""
    if not given.startswith("/"):
        return given
    try:
        return file_uri(given)
    except UnicodeEncodeError:
        return given  # No path holds half a surrogate pair; a query of the store says so.


def file_path(uri: str) -> Path:
    """The path that a `file:///…` uri names."""
    if not uri.startswith(FILE_SCHEME):
        raise ValueError(f"not a file uri: {uri}")
    return Path(os.fsdecode(unquote_to_bytes(uri.removeprefix(FILE_SCHEME))))


def upload_uri(sha256: str, extension: str) -> str:
    """The uri of an uploaded picture: its content's hash and its format's extension."""
    return f"{UPLOAD_SCHEME}{sha256}.{extension}"
