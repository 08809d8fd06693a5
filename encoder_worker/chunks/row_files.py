"""What became of the files of rows since the rows were written."""

import hashlib
import os
import stat
from typing import Literal

from shared.domain.image import IndexedFile
from shared.errors import PictureError
from shared.files.filesystems import RecordedFilesystems
from shared.files.paths import open_image, resolve_uri
from shared.files.uris import FILE_SCHEME
from shared.settings import Settings

#: `standing`: the file still has the row's content. `replaced`: it has another one. `gone`: there
#: is no file. `unknown`: that cannot be told now, as on a disk that is not mounted.
FileState = Literal["standing", "replaced", "gone", "unknown"]

_PART_BYTES = 1 << 20


class RowFiles:
    """The files of a collection's rows. Each is looked at once, unless `look` is called."""

    def __init__(
        self, collection: str, settings: Settings, filesystems: RecordedFilesystems
    ) -> None:
        self._collection = collection
        self._settings = settings
        self._filesystems = filesystems
        self._states: dict[IndexedFile, FileState] = {}

    def state(self, file: IndexedFile) -> FileState:
        """What became of a row's file, as `look` told it first."""
        if file not in self._states:
            self._states[file] = self.look(file)
        return self._states[file]

    def exists(self, uri: str) -> bool:
        """Whether there is a file at `uri`. Raises OSError where that cannot be told."""
        return resolve_uri(uri, self._collection, self._settings).exists()

    def look(self, file: IndexedFile) -> FileState:
        """What became of a row's file by now.

        A file of the row's size and time has the row's content; one of its size and another time
        is read.
        """
        try:
            status = resolve_uri(file.uri, self._collection, self._settings).stat()
        except (FileNotFoundError, NotADirectoryError):
            return self._missing(file)
        except (OSError, PictureError):
            return "unknown"
        if not stat.S_ISREG(status.st_mode) or status.st_size != file.bytes:
            return "replaced"
        # The uri of an upload is its content's hash, so its time says nothing.
        if status.st_mtime_ns == file.mtime_ns or not file.uri.startswith(FILE_SCHEME):
            return "standing"
        return self._compare(file)

    def _missing(self, file: IndexedFile) -> FileState:
        if not file.uri.startswith(FILE_SCHEME):
            return "unknown"  # Uploads are never moved.
        return "gone" if self._filesystems.is_there(file.uri) else "unknown"

    def _compare(self, file: IndexedFile) -> FileState:
        try:
            with open_image(file.uri, self._collection, self._settings) as opened:
                if os.fstat(opened.fileno()).st_size != file.bytes:
                    return "replaced"
                digest = hashlib.sha256()
                while part := opened.read(_PART_BYTES):
                    digest.update(part)
        except (OSError, PictureError):
            return "unknown"
        return "standing" if digest.hexdigest() == file.sha256 else "replaced"
