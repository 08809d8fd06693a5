"""The names under which pictures and collections are known."""

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

COLLECTION_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]{0,62}$"
ID_PATTERN = r"^[0-9a-f]{32}$"
UPLOAD_NAME = re.compile(r"^([0-9a-f]{64})\.([a-z0-9]{1,8})$")

FILE_SCHEME = "file://"
UPLOAD_SCHEME = "upload://"


def image_id(uri: str) -> str:
    """The id of the picture at `uri`: 32 hex digits, so the same file is always the same row."""
    return hashlib.sha256(uri.encode()).hexdigest()[:32]


def file_uri(path: Path | str) -> str:
    """The `file:///…` uri of an absolute path, any bytes in it percent-encoded."""
    return FILE_SCHEME + quote_from_bytes(os.fsencode(path))


def file_path(uri: str) -> Path:
    """The path that a `file:///…` uri names."""
    if not uri.startswith(FILE_SCHEME):
        raise ValueError(f"not a file uri: {uri}")
    return Path(os.fsdecode(unquote_to_bytes(uri.removeprefix(FILE_SCHEME))))


def upload_uri(sha256: str, extension: str) -> str:
    """The uri of an uploaded picture: its content's hash and its format's extension."""
    return f"{UPLOAD_SCHEME}{sha256}.{extension}"
