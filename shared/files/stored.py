"""Where pictures are stored that Lookalike itself keeps: uploads, and what it fetched.

Each is named by its content's hash, in its collection's folder of the uploads.
"""

import contextlib
import os
import time
from pathlib import Path
from typing import NamedTuple

from shared.domain.collection import CollectionIdentity
from shared.files.formats import EXTENSIONS, Format
from shared.files.paths import upload_path
from shared.files.uris import upload_uri
from shared.settings import Settings

#: How the names of files begin that are being written.
TEMPORARY = ".incoming-"


class Stored(NamedTuple):
    """A picture that is stored; `added` is false where it was stored before."""

    uri: str
    path: Path
    size: int
    mtime_ns: int
    added: bool


def make_folder(target: CollectionIdentity, settings: Settings) -> Path:
    """The folder of a collection's pictures; a new one says which generation it is for.

    Raises OSError.
    """
    folder = settings.uploads_dir / target.name
    settings.uploads_dir.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
        if target.generation:
            (folder / f".{target.generation}").mkdir()
    return folder


def belongs_to(folder: Path, generation: str) -> bool:
    """Whether a folder of pictures was made for the collection that has this generation.

    An empty folder in it says so, `.` and the generation.
    """
    if generation:
        return (folder / f".{generation}").is_dir()
    return not any(path.is_dir() for path in folder.glob(".g*"))


def stored_uri(found: Format, sha256: str) -> str:
    """The uri of a picture of this format and content."""
    return upload_uri(sha256, EXTENSIONS[found][0])


def store(
    temporary: Path, found: Format, sha256: str, collection: str, settings: Settings
) -> Stored:
    """Move a temporary file, in the collection's folder, to where its uri says.

    A picture that is there already stays. Raises OSError.
    """
    uri = stored_uri(found, sha256)
    place = upload_path(uri, collection, settings)
    try:
        status = place.stat()
        # It keeps its mtime, so that the load counts it as unchanged; the change of its other times
        # says that it was stored again just now.
        os.utime(place, ns=(time.time_ns(), status.st_mtime_ns))
        added = False
    except FileNotFoundError:
        place.parent.mkdir(exist_ok=True)
        temporary.replace(place)
        status, added = place.stat(), True
    return Stored(uri, place, status.st_size, status.st_mtime_ns, added)


def sync(path: Path) -> None:
    """Write a file or a folder to its disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
