"""Which of the new files may have been moved: those of the size of a row that lost its file.

An encoder looks the contents of these up. It could do so for all, but milvus-lite reads all rows
to answer, and most loads only add pictures.
"""

from collections.abc import Sequence

from indexer.scan.context import ScanContext
from indexer.sources import FoundFile
from indexer.sources.directory import int64_mtime
from shared.domain.image import IndexedFile
from shared.files.uris import FILE_SCHEME, file_path


class MoveCandidates:
    """The file sizes that a scan is to look out for."""

    def __init__(self, context: ScanContext) -> None:
        self._collection = context.spec.collection
        self._images = context.stores.images

    def sizes(self, files: Sequence[FoundFile]) -> set[int]:
        """Those of the files' sizes that a row has whose file is gone or changed."""
        sizes = {file.size for file in files}
        rows = self._images.of_sizes(self._collection, sizes) if sizes else []
        return sizes if rows is None else {row.bytes for row in rows if not _is_there(row)}


def _is_there(row: IndexedFile) -> bool:
    if not row.uri.startswith(FILE_SCHEME):
        return True  # Uploads are not moved.
    try:
        status = file_path(row.uri).stat()
    except OSError:
        return False
    return status.st_size == row.bytes and int64_mtime(status) == row.mtime_ns
