"""The files of uploaded and fetched pictures: as tar in an export, and back into a collection."""

import hashlib
import os
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from indexer.exports.part_files import HashingFile, corrupt, unreadable, written_whole
from shared.domain.collection import CollectionIdentity
from shared.domain.export import ExportPart
from shared.files.paths import upload_path
from shared.files.stored import TEMPORARY, make_folder
from shared.files.uris import UPLOAD_NAME, UPLOAD_SCHEME, upload_uri
from shared.settings import Settings

_COPY_BYTES = 1 << 20


class UploadArchive:
    """A tar of uploads beside a part of images; without any upload there is no file.

    It is whole once `stack` ends.
    """

    def __init__(self, stack: ExitStack, folder: Path, name: str) -> None:
        self._stack, self._folder, self._name = stack, folder, name
        self._file: HashingFile | None = None
        self._tar: tarfile.TarFile | None = None
        self._files = 0

    def add(self, path: Path) -> bool:
        """Add a file; False if it is gone. Raises OSError."""
        try:
            opened = path.open("rb")
        except FileNotFoundError:
            return False
        with opened:
            if self._tar is None:
                self._file = self._stack.enter_context(written_whole(self._folder, self._name))
                self._tar = tarfile.TarFile(fileobj=self._file, mode="w", format=tarfile.PAX_FORMAT)
            member = tarfile.TarInfo(path.name)
            member.size = os.fstat(opened.fileno()).st_size
            self._tar.addfile(member, opened)
        self._files += 1
        return True

    @property
    def size(self) -> int:
        """Bytes that were written."""
        return self._file.tell() if self._file else 0

    def finish(self) -> list[ExportPart]:
        """Write what comes after the files; the part, if there is one. Raises OSError."""
        if self._file is None or self._tar is None:
            return []
        self._tar.close()
        return [self._file.part(self._name, "uploads", self._files)]


def unpack_uploads(
    folder: Path,
    part: ExportPart,
    target: CollectionIdentity,
    settings: Settings,
    between: Callable[[], None],
) -> None:
    """Store the pictures of a part among the uploads of a collection; those that are there stay.

    A name is that of its content, which is checked. `between` is called after each picture. Raises
    JobFailed `export_corrupt`, `export_unreadable`; OSError where they cannot be written.
    """
    try:
        opened = (folder / part.name).open("rb")
    except OSError as error:
        raise unreadable(part.name, error) from error
    with opened:
        try:
            with tarfile.open(fileobj=opened, mode="r|") as tar:
                for member in tar:
                    named = UPLOAD_NAME.match(member.name)
                    content = tar.extractfile(member) if named and member.isreg() else None
                    if named is None or content is None:
                        raise corrupt(part.name, f"holds {member.name!r}, which is no upload")
                    _store(content, named[1], named[2], part, target, settings)
                    between()
        except tarfile.TarError as error:
            raise corrupt(part.name, f"is no tar ({error})") from error


def _store(
    content: IO[bytes],
    sha256: str,
    extension: str,
    part: ExportPart,
    target: CollectionIdentity,
    settings: Settings,
) -> None:
    place = upload_path(upload_uri(sha256, extension), target.name, settings)
    if place.exists():
        return
    folder = make_folder(target, settings)
    descriptor, name = tempfile.mkstemp(prefix=TEMPORARY, dir=folder)
    temporary, digest = Path(name), hashlib.sha256()
    try:
        with os.fdopen(descriptor, "wb") as out:
            while block := content.read(_COPY_BYTES):
                digest.update(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != sha256:
            raise corrupt(part.name, f"holds a {sha256}.{extension} of another content")
        place.parent.mkdir(exist_ok=True)
        temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)


def keep_times(uri: str, mtime_ns: int, collection: str, settings: Settings) -> None:
    """Give a stored upload the time that its row has, so that a load finds it unchanged."""
    if uri.startswith(UPLOAD_SCHEME):
        place = upload_path(uri, collection, settings)
        try:
            os.utime(place, ns=(place.stat().st_atime_ns, mtime_ns))
        except FileNotFoundError:
            return  # The export was made without the files, or the upload was gone before it.
