"""Which of the new files may have been moved: those of the size of a row that lost its file.

An encoder looks the contents of these up. It could do so for all, but milvus-lite reads all rows
to answer, and most loads only add pictures.
"""

from collections.abc import Sequence

from indexer.scan.context import ScanContext
from indexer.sources import FoundFile
from shared.domain.image import IndexedFile
from shared.errors import PictureError
from shared.sources import FileStatus


class MoveCandidates:
    """The file sizes that a scan is to look out for."""

    def __init__(self, context: ScanContext) -> None:
        self._collection = context.spec.collection
        self._images = context.stores.images
        self._files = context.stores.files

    def sizes(self, files: Sequence[FoundFile]) -> set[int]:
        """Those of the files' sizes that a row has whose file is gone or changed."""
        sizes = {file.size for file in files}
        rows = self._images.of_sizes(self._collection, sizes) if sizes else []
        return sizes if rows is None else {row.bytes for row in rows if not self._is_there(row)}

    def _is_there(self, row: IndexedFile) -> bool:
        if not self._files.can_move(row.uri):
            return True
        try:
            status = self._files.status(row.uri, self._collection)
        except PictureError:
            return False
        return status == FileStatus(row.bytes, row.mtime_ns)
