"""The files of uploads and retries, which the ledger lists."""

import itertools
import stat
from collections.abc import Generator
from functools import partial

from indexer.sources import Batch, FoundFile
from indexer.sources.directory import int64_mtime
from shared.domain.chunk import FileRef
from shared.domain.job import Failure, JobSpec
from shared.errors import PictureError
from shared.files.paths import resolve_uri
from shared.files.uris import FILE_SCHEME
from shared.ledger import Scans
from shared.retry import RetryPolicy
from shared.settings import Settings

_BATCH = 500


def listed_files(
    spec: JobSpec, scans: Scans, retry: RetryPolicy, settings: Settings
) -> Generator[Batch, None, None]:
    """The files listed under a job, with size and time as they are now."""
    start = 0
    while True:
        refs = retry.run(partial(_page, spec.id, scans, start))
        if not refs:
            return
        start += len(refs)
        batch = Batch()
        for ref in refs:
            _add(batch, ref, spec.collection, settings)
        yield batch


def _page(job_id: str, scans: Scans, start: int) -> list[FileRef]:
    return list(itertools.islice(scans.files(job_id, _BATCH, start), _BATCH))


def _add(batch: Batch, ref: FileRef, collection: str, settings: Settings) -> None:
    size, mtime_ns = ref.size, ref.mtime_ns
    if ref.uri.startswith(FILE_SCHEME):
        # Since it failed, the file may have been mended.
        try:
            status = resolve_uri(ref.uri, collection, settings).stat()
        except (OSError, PictureError):
            pass  # The encoder finds the same, and says so.
        else:
            if stat.S_ISDIR(status.st_mode):
                batch.failures.append(_directory(ref.uri))
                return
            size, mtime_ns = status.st_size, int64_mtime(status)
    batch.files.append(FoundFile(ref.uri, "", "", size, mtime_ns, ref.name))


def _directory(uri: str) -> Failure:
    """A folder that could not be read: what is in it is not this job's to find."""
    reason = "This is a directory. Load it again to read the pictures in it."
    return Failure(uri=uri, code="unreadable", reason=reason)
