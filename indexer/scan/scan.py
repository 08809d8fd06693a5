"""A scan: from a job's source to its chunks, each file counted exactly once."""

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing

from indexer.scan.chunk_producer import ChunkProducer
from indexer.scan.classify import Classified, FileClassifier
from indexer.scan.context import ScanContext, ScanSuspended
from indexer.scan.listings import open_listing, synced_listing
from indexer.scan.move_candidates import MoveCandidates
from indexer.scan.prune import Pruner
from indexer.scan.source_filesystems import SourceFilesystems
from indexer.scan.walk import Walk, this_host
from indexer.sources import Batch, FoundFile, Listing
from indexer.sources.directory import path_too_long
from shared.domain.chunk import FileRef
from shared.domain.image import MAX_URI_BYTES
from shared.domain.job import Failure
from shared.ledger import ScanCounts
from shared.log import get_logger
from shared.queue import ENCODE

_log = get_logger(__name__)

#: Seconds between two cursors that are kept of a listing: each cuts a chunk that may not be full.
_CURSOR_SECONDS = 5.0


class LedgerDataLost(Exception):
    """The ledger has counted fewer files than this scan: Redis lost acknowledged writes."""


class WalkOutdated(Exception):
    """The walk that was kept is another host's, or of before its restart."""


class Scan:
    """One try of a job's scan. `FileClassifier` says which files a repeated try counts."""

    def __init__(self, context: ScanContext) -> None:
        self._context = context
        self._spec = context.spec
        self._start = context.start
        self._stores = context.stores
        self._scans = context.stores.scans
        self._classifier = FileClassifier(context)
        synced = synced_listing(context)
        self._listing: Listing = synced or open_listing(context)
        self._pruner = Pruner(context, synced) if synced else None
        self._chunks = ChunkProducer(context)
        self._filesystems = SourceFilesystems(context)
        self._move_candidates = MoveCandidates(context)
        self._all_new = False
        self._cursor_kept = time.monotonic()
        #: What this try has counted; of files in chunks, those of earlier tries included.
        self._chunked = self._unchanged = self._ignored = 0

    def run(self) -> None:
        """Scan to the end.

        Raises LedgerDataLost, JobFailed, NotFound, Conflict `encoder_mismatch`, ScanSuperseded,
        ScanSuspended, JobEnded, ShuttingDown.
        """
        self._chunked, self._unchanged, self._ignored = self._counts()
        self._check_collection()
        if self._pruner is not None:
            self._pruner.finish_begun()
        if self._pruner is not None and self._start.walk:
            self._remove_missing(self._pruner, Walk.load(self._start.walk))
        else:
            self._load()
        self._check_counts()
        self._scans.finish(self._spec.id, self._start.generation)
        _log.info("scan_finished")

    def _load(self) -> None:
        pruner = self._pruner if self._spec.sync else None
        self._filesystems.begin()
        if pruner is not None:
            pruner.remember()
        self._put_in_chunks(self._listing.batches(self._start.cursor))
        if pruner is None:
            self._filesystems.record(self._spec.source, self._listing.filesystems)
            return
        self._scans.end_walk(self._spec.id, self._start.generation)
        counts = ScanCounts(self._chunked, self._unchanged, self._ignored)
        kept = Walk(this_host(), counts, pruner.identities, self._listing.filesystems)
        # Until then, the row of a missing file may be that of a file that was moved.
        if not self._chunks.wait_until_reported():
            raise ScanSuspended(kept.dump())
        self._remove_missing(pruner, kept)

    def _remove_missing(self, pruner: Pruner, walk: Walk) -> None:
        if walk.host != this_host():
            raise WalkOutdated
        self._chunked, self._unchanged, self._ignored = walk.counts
        self._check_counts()
        pruner.remove_missing(walk.identities)
        self._filesystems.record(self._spec.source, walk.filesystems)

    def _put_in_chunks(self, found: Generator[Batch, None, None]) -> None:
        with closing(found) as batches:
            for batch in batches:
                self._context.wait_while_paused()
                self._account(batch)
                self._keep_cursor(batch.cursor)
        self._chunks.flush()

    def _keep_cursor(self, cursor: str) -> None:
        """From time to time, note where the listing goes on if this process dies."""
        if cursor and time.monotonic() - self._cursor_kept > _CURSOR_SECONDS:
            self._chunks.flush()
            self._scans.record(
                self._spec.id, self._start.generation, unchanged=0, ignored=0, cursor=cursor
            )
            self._cursor_kept = time.monotonic()

    def _counts(self) -> ScanCounts:
        return self._scans.counts(self._spec.id)

    def _check_counts(self) -> None:
        if self._counts() != (self._chunked, self._unchanged, self._ignored):
            raise LedgerDataLost

    def _check_collection(self) -> None:
        name, collections = self._spec.collection, self._stores.collections
        identity = collections.identity(name)
        identity.require_generation(self._spec.generation)
        weights = self._stores.workers.encoder_weights(ENCODE)
        # Of several encoders one that fits is enough.
        if weights and identity.weights not in weights:
            identity.require(weights[0])
        # After a strong count, the look-ups that follow see every write before it.
        count = collections.count(name)
        # In the others equal contents are one picture, wherever in the list they are.
        by_name = self._spec.source.kind not in ("upload", "urls", "retry")
        self._all_new = count == 0 and by_name and not self._start.is_restart

    def _account(self, batch: Batch) -> None:
        # A directory that changes while it is read may list a file twice.
        files = list({file.uri: file for file in batch.files}.values())
        found = Classified(files, 0) if self._all_new else self._classifier.classify(batch.files)
        ignored, failures = batch.ignored, batch.failures
        wanted: list[FoundFile] = []
        pictures = self._listing.are_pictures(found.changed)
        for file, is_picture in zip(found.changed, pictures, strict=True):
            if not is_picture:
                ignored += 1
            elif len(file.uri) > MAX_URI_BYTES:
                failures.append(path_too_long(file.uri, file.size, file.mtime_ns))
            else:
                wanted.append(file)
        self._chunked += len(wanted)
        self._chunks.add(self._refs(wanted))
        self._fail(failures)
        self._record(found.unchanged, ignored)

    def _refs(self, files: Sequence[FoundFile]) -> Iterator[FileRef]:
        # Where duplicates are skipped, encoders look up each content.
        unneeded = self._all_new or self._spec.on_duplicate == "skip"
        sizes = set() if unneeded else self._move_candidates.sizes(files)
        for file in files:
            yield FileRef(
                uri=file.uri,
                size=file.size,
                mtime_ns=file.mtime_ns,
                name=file.label,
                source_url=file.source_url,
                not_moved=None if file.size in sizes else True,
            )

    def _fail(self, failures: Sequence[Failure]) -> None:
        wanted = self._classifier.not_accounted([failure.uri for failure in failures])
        new = [failure for failure in failures if failure.uri in wanted]
        self._chunked += len(new)
        if new:
            self._scans.fail(self._spec.id, self._start.generation, new)

    def _record(self, unchanged: int, ignored: int) -> None:
        self._unchanged += unchanged
        self._ignored += ignored
        if unchanged or ignored:
            self._scans.record(
                self._spec.id, self._start.generation, unchanged=unchanged, ignored=ignored
            )
