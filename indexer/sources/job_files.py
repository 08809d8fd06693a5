"""The files of uploads and retries, and addresses, which the ledger lists."""

from collections.abc import Generator, Iterator, Mapping, Sequence

from indexer.sources import Batch, FoundFile
from indexer.sources.fetching import Fetch
from shared.domain.chunk import FileRef
from shared.domain.job import Failure, JobSpec
from shared.errors import PictureError
from shared.files.uris import UPLOAD_SCHEME
from shared.ledger import Scans
from shared.sources import DIRECTORY_SIZE, Files

_BATCH = 500


class JobFiles:
    """The files listed under a job, with their current sizes and times.

    Those that are addresses are fetched by `fetch`, after the others.
    """

    def __init__(self, spec: JobSpec, scans: Scans, files: Files, fetch: Fetch) -> None:
        self._spec = spec
        self._scans = scans
        self._files = files
        self._fetch = fetch
        self.filesystems: Mapping[str, str] = {}

    def batches(self, cursor: str) -> Generator[Batch, None, None]:  # noqa: ARG002 - always ''
        """As `Listing.batches`; the list is short, so there are no cursors."""
        for refs in self._pages():
            batch = Batch()
            for ref in refs:
                if not _is_address(ref):
                    self._add(batch, ref)
            yield batch
        yield from self._fetch(
            ref.uri for refs in self._pages() for ref in refs if _is_address(ref)
        )

    def are_pictures(self, files: Sequence[FoundFile]) -> Sequence[bool]:
        """As `Listing.are_pictures`: they were asked for, so the encoder says what is wrong."""
        return [True] * len(files)

    def _pages(self) -> Iterator[Sequence[FileRef]]:
        start = 0
        while refs := self._scans.files(self._spec.id, start, _BATCH):
            start += len(refs)
            yield refs

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
        batch.files.append(FoundFile(ref.uri, "", "", size, mtime_ns, ref.name, ref.source_url))


def _is_address(ref: FileRef) -> bool:
    """Whether a picture is still to be fetched."""
    return ref.uri == ref.source_url
