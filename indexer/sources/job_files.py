"""The files of uploads and retries, which the ledger lists."""

from collections.abc import Generator, Mapping, Sequence

from indexer.sources import Batch, FoundFile
from shared.domain.chunk import FileRef
from shared.domain.job import Failure, JobSpec
from shared.errors import PictureError
from shared.files.uris import UPLOAD_SCHEME
from shared.ledger import Scans
from shared.sources import DIRECTORY_SIZE, Files

_BATCH = 500


class JobFiles:
    """The files listed under a job, with their current sizes and times."""

    def __init__(self, spec: JobSpec, scans: Scans, files: Files) -> None:
        self._spec = spec
        self._scans = scans
        self._files = files
        self.filesystems: Mapping[str, str] = {}

    def batches(self, cursor: str) -> Generator[Batch, None, None]:  # noqa: ARG002 - always ''
        """As `Listing.batches`; the list is short, so there are no cursors."""
        start = 0
        while refs := self._scans.files(self._spec.id, start, _BATCH):
            start += len(refs)
            batch = Batch()
            for ref in refs:
                self._add(batch, ref)
            yield batch

    def are_pictures(self, files: Sequence[FoundFile]) -> Sequence[bool]:
        """As `Listing.are_pictures`: they were asked for, so the encoder says what is wrong."""
        return [True] * len(files)

    def _add(self, batch: Batch, ref: FileRef) -> None:
        size, mtime_ns = ref.size, ref.mtime_ns
        if not ref.uri.startswith(UPLOAD_SCHEME):
            # The file may have changed since it failed.
            try:
                status = self._files.status(ref.uri, self._spec.collection)
            except PictureError:
                pass  # The encoder meets the same error, and reports it.
            else:
                if status.size == DIRECTORY_SIZE:
                    # A retry does not traverse a directory that could not be read before.
                    reason = "This is a directory. Load it again to read the pictures in it."
                    batch.failures.append(Failure(uri=ref.uri, code="unreadable", reason=reason))
                    return
                size, mtime_ns = status
        batch.files.append(FoundFile(ref.uri, "", "", size, mtime_ns, ref.name))
