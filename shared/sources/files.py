"""The files of images, by their uris."""

from typing import Self

from shared.errors import PictureError
from shared.files.uris import BUCKET_SCHEMES, FILE_SCHEME, MEMBER, UPLOAD_SCHEME
from shared.settings import Settings
from shared.sources.archives import ArchiveFiles
from shared.sources.buckets import BucketFiles
from shared.sources.kind import FileKind, FileStatus, OpenedFile
from shared.sources.local import LocalFiles, StoredUploads


class Files:
    """Looks at and opens files of all kinds. One object serves all threads of a process.

    `serving` is for processes in which people wait: what takes too long is refused.
    """

    def __init__(
        self, settings: Settings, *, serving: bool = False, buckets: BucketFiles | None = None
    ) -> None:
        self._local = LocalFiles(settings)
        self._uploads = StoredUploads(settings)
        self.archives = ArchiveFiles(settings, serving=serving)
        self.buckets = buckets or BucketFiles(settings, serving=serving)

    def kind(self, uri: str) -> FileKind:
        """The kind of place that a uri names. Raises PictureError `unreadable` if there is none."""
        if uri.startswith(FILE_SCHEME):
            return self.archives if MEMBER in uri else self._local
        if uri.startswith(UPLOAD_SCHEME):
            return self._uploads
        if uri.startswith(BUCKET_SCHEMES):
            return self.buckets
        raise PictureError("unreadable", "Files of such uris cannot be read.")

    def status(self, uri: str, collection: str) -> FileStatus:
        """A file's size and time. Raises PictureError as `FileKind` says."""
        return self.kind(uri).status(uri, collection)

    def open(self, uri: str, collection: str) -> OpenedFile:
        """Open a file. Raises PictureError as `FileKind` says."""
        return self.kind(uri).open(uri, collection)

    def is_unchanged(self, uri: str, known: FileStatus, found: FileStatus) -> bool:
        """Whether a file has the content that it had; False for uris of no kind."""
        try:
            return self.kind(uri).is_unchanged(known, found)
        except PictureError:
            return False

    def can_move(self, uri: str) -> bool:
        """Whether another file may take over the row of this one, once this is missing."""
        try:
            return self.kind(uri).can_move
        except PictureError:
            return False

    def close(self) -> None:
        """Free what is held for opening files."""
        self._local.close()
        self._uploads.close()
        self.archives.close()
        self.buckets.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
