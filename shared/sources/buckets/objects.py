"""Objects as listings name them."""

from datetime import datetime
from typing import NamedTuple

from shared.errors import PictureError
from shared.sources.kind import FileStatus
from shared.sources.stamps import stamp


class BucketObject(NamedTuple):
    """An object as a listing names it; `error` says why it cannot be read, if that is known."""

    key: str
    status: FileStatus
    error: PictureError | None = None


def object_status(size: int, modified: datetime, tag: str | None) -> FileStatus:
    """What tells whether an object changed: its size and its ETag."""
    return FileStatus(size, stamp(modified.timestamp(), (tag or modified.isoformat()).strip('"')))


def is_usable(key: str) -> bool:
    """Whether a client takes this key: no part of it between slashes is empty, a dot or two."""
    return not key or all(part not in ("", ".", "..") for part in key.split("/"))


def usable_folder(key: str) -> str:
    """The folder that an object is in, as far as clients take its name."""
    parts = []
    for part in key.split("/")[:-1]:
        if part in ("", ".", ".."):
            break
        parts.append(part)
    return "/".join(parts)


def unusable_key() -> PictureError:
    return PictureError(
        "object_name",
        "A part of its key between slashes is empty, a dot or two dots: such objects cannot be "
        "read. Rename it.",
    )
