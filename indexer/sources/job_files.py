"""The files of uploads and retries, which the ledger lists."""

import stat
from collections.abc import Generator

from indexer.sources import Batch, FoundFile
from indexer.sources.directory import int64_mtime
from shared.domain.chunk import FileRef
from shared.domain.job import Failure, JobSpec
from shared.errors import PictureError
from shared.files.paths import resolve_uri
from shared.files.uris import FILE_SCHEME
from shared.ledger import Scans
from shared.settings import Settings

_BATCH = 500


def listed_files(spec: JobSpec, scans: Scans, settings: Settings) -> Generator[Batch, None, None]:
    """The files listed under a job, with their current sizes and times."""
    start = 0
    while refs := scans.files(spec.id, start, _BATCH):
        start += len(refs)
        batch = Batch()
        for ref in refs:
            _add(batch, ref, spec.collection, settings)
        yield batch


def _add(batch: Batch, ref: FileRef, collection: str, settings: Settings) -> None:
    size, mtime_ns = ref.size, ref.mtime_ns
    if ref.uri.startswith(FILE_SCHEME):
        # The file may have changed since it failed.
        try:
            status = resolve_uri(ref.uri, collection, settings).stat()
        except (OSError, PictureError):
            pass  # The encoder meets the same error, and reports it.
        else:
            if stat.S_ISDIR(status.st_mode):
                # A retry does not traverse a directory that could not be read before.
                reason = "This is a directory. Load it again to read the pictures in it."
                batch.failures.append(Failure(uri=ref.uri, code="unreadable", reason=reason))
                return
            size, mtime_ns = status.st_size, int64_mtime(status)
    batch.files.append(FoundFile(ref.uri, "", "", size, mtime_ns, ref.name))
