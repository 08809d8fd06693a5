"""What became of the files of rows since the rows were written."""

import hashlib
from typing import Literal

from shared.domain.image import IndexedFile
from shared.errors import PictureError
from shared.files.filesystems import RecordedFilesystems
from shared.sources import Files, FileStatus

#: `standing`: the file still has the row's content. `replaced`: it has another one. `gone`: there
#: is no file. `unknown`: that cannot be told now, as on a disk that is not mounted.
FileState = Literal["standing", "replaced", "gone", "unknown"]

_PART_BYTES = 1 << 20


class RowFiles:
    """The files of a collection's rows. Each is looked at once, unless `look` is called."""

    def __init__(self, collection: str, files: Files, filesystems: RecordedFilesystems) -> None:
        self._collection = collection
        self._files = files
        self._filesystems = filesystems
        self._states: dict[IndexedFile, FileState] = {}

    def state(self, file: IndexedFile) -> FileState:
        """What became of a row's file, as `look` told it first."""
        if file not in self._states:
            self._states[file] = self.look(file)
        return self._states[file]

    def can_move(self, uri: str) -> bool:
        """Whether a file of such a uri may take over a row: an upload is another picture."""
        return self._files.can_move(uri)

    def exists(self, uri: str) -> bool:
        """Whether there is a file at `uri`. Raises PictureError where that cannot be told."""
        try:
            self._files.status(uri, self._collection)
        except PictureError as error:
            if error.code != "missing":
                raise
            return False
        return True

    def look(self, file: IndexedFile) -> FileState:
        """What became of a row's file by now.

        A file that is unchanged by what its kind compares has the row's content; another one of
        its size is read.
        """
        try:
            status = self._files.status(file.uri, self._collection)
        except PictureError as error:
            return self._missing(file) if error.code == "missing" else "unknown"
        if status.size != file.bytes:
            return "replaced"
        known = FileStatus(file.bytes, file.mtime_ns)
        if self._files.is_unchanged(file.uri, known, status):
            return "standing"
        return self._compare(file)

    def _missing(self, file: IndexedFile) -> FileState:
        if not self._files.can_move(file.uri):
            return "unknown"
        return "gone" if self._filesystems.is_there(file.uri) else "unknown"

    def _compare(self, file: IndexedFile) -> FileState:
        try:
            opened = self._files.open(file.uri, self._collection)
            with opened.file as content:
                if opened.status.size != file.bytes:
                    return "replaced"
                digest = hashlib.sha256()
                while part := content.read(_PART_BYTES):
                    digest.update(part)
        except (OSError, PictureError):
            return "unknown"
        return "standing" if digest.hexdigest() == file.sha256 else "replaced"
