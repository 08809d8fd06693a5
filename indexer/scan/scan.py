"""A scan: from a job's source to its chunks, each file accounted for exactly once."""

import threading
import uuid
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

from indexer.active_scans import ActiveScans
from indexer.job_failure import JobFailed
from indexer.scan.chunk_producer import ChunkProducer
from indexer.scan.classify import Classified, FileClassifier
from indexer.scan.prune import Pruner
from indexer.sources.candidates import is_candidate
from indexer.sources.directory import Batch, DirectoryWalk, path_too_long
from indexer.sources.job_files import listed_files
from shared.domain.chunk import FileRef
from shared.domain.fingerprint import fingerprint
from shared.domain.image import MAX_URI_BYTES
from shared.domain.job import (
    FINISHED,
    Failure,
    JobError,
    JobSpec,
)
from shared.errors import NotFound
from shared.ledger import Jobs, ScanCounts, ScanEnded, Scans, ScanStart, ScanSuperseded, Workers
from shared.log import get_logger
from shared.queue.dispatcher import Dispatcher
from shared.retry import RetryPolicy, ShuttingDown
from shared.settings import Settings
from shared.store.collections import Collections
from shared.store.images import Images

_log = get_logger(__name__)


@dataclass(frozen=True)
class Services:
    """What a scan works with. `stop` is set when the process shuts down."""

    settings: Settings
    jobs: Jobs
    scans: Scans
    workers: Workers
    collections: Collections
    images: Images
    dispatcher: Dispatcher
    active_scans: ActiveScans
    stop: threading.Event


def run_scan(job_id: str, services: Services) -> None:
    """Scan a job's source, if the job still wants it and nobody else living is at it.

    Whatever goes wrong ends the job with an error; a store that is away is waited for. Raises
    nothing but ShuttingDown, when this process shuts down before the scan's end.
    """

    def check() -> None:
        status = services.scans.status(job_id)
        if status is None or status in FINISHED:
            raise ScanEnded

    retry = RetryPolicy(services.stop, check)
    with services.active_scans.enter(job_id) as ours:
        if not ours:
            return
        try:
            error = _attempt(job_id, services, retry)
            if error is not None:
                _log.warning("scan_failed", code=error.code, detail=error.detail)
                retry.run(lambda: services.jobs.fail(job_id, error))
        except ScanSuperseded:
            _log.info("scan_superseded")
        except ScanEnded:
            _log.info("scan_cancelled")


def _attempt(job_id: str, services: Services, retry: RetryPolicy) -> JobError | None:
    """Scan; the error that the job must end with, or None."""
    try:
        while (start := retry.run(lambda: services.scans.begin(job_id))) is not None:
            spec = retry.run(lambda: services.jobs.get(job_id)).spec
            _log.info("scan_started", collection=spec.collection, generation=start.generation)
            if Scan(spec, start, services, retry).run():
                return None
            _log.error("ledger_data_lost", generation=start.generation)
        _log.info("scan_skipped")
    except JobFailed as failure:
        return failure.error
    except NotFound as missing:
        return JobError(code=missing.code, detail=missing.detail)
    except (ScanSuperseded, ScanEnded, ShuttingDown):
        raise
    except Exception:  # noqa: BLE001 - whatever it is, the job must not wait for ever
        _log.exception("scan_crashed")
        return JobError(
            code="internal_error",
            detail="The scan met an error of its own; the indexer's log names it.",
        )
    return None


class Scan:
    """One try of a job's scan. What is counted where is told in `FileClassifier`."""

    def __init__(
        self, spec: JobSpec, start: ScanStart, services: Services, retry: RetryPolicy
    ) -> None:
        self._spec = spec
        self._generation = start.generation
        self._first_try = not start.is_restart
        self._services = services
        self._scans = services.scans
        self._retry = retry
        shared = (services.scans, services.images, retry)
        self._known = FileClassifier(spec, start, *shared)
        self._removal = Pruner(spec, start.generation, *shared, services.settings)
        self._chunking = ChunkProducer(
            spec,
            start.generation,
            services.scans,
            services.dispatcher,
            retry,
            services.settings,
        )
        self._all_new = False
        #: What this try has counted; of files in chunks, those of earlier tries included.
        self._chunked = self._unchanged = self._ignored = 0

    def run(self) -> bool:
        """Scan to the end. False if the ledger lost some of it, as when Redis lost its disk.

        Raises JobFailed, NotFound, ScanSuperseded, ScanEnded, ShuttingDown.
        """
        self._chunked = self._counts().chunked
        self._check_collection()
        self._removal.finish_begun()
        source = self._spec.source
        synced = source if source.kind == "directory" and self._spec.sync else None
        if synced:
            self._removal.remember(synced)
        with closing(self._batches()) as batches:
            for batch in batches:
                self._chunking.wait_while_paused()
                self._account(batch)
        self._chunking.flush()
        if synced:
            self._removal.forget_gone(synced)
        if self._counts() != (self._chunked, self._unchanged, self._ignored):
            return False
        self._retry.run(lambda: self._scans.finish(self._spec.id, self._generation))
        _log.info("scan_finished")
        return True

    def _counts(self) -> ScanCounts:
        return self._retry.run(lambda: self._scans.counts(self._spec.id))

    def _check_collection(self) -> None:
        name, collections = self._spec.collection, self._services.collections
        identity = self._retry.run(lambda: collections.identity(name))
        encoder = self._retry.run(self._services.workers.last_encoder)
        if encoder and identity.fingerprint != fingerprint(encoder.weights, identity.pooling):
            raise JobFailed(
                "encoder_mismatch",
                f"The collection holds vectors of {identity.weights!r}, the encoder makes those "
                f"of {encoder.weights!r}. Load into a new collection.",
            )
        # Counting also makes every write that ended before visible to the look-ups to come.
        count = self._retry.run(lambda: collections.count(name))
        is_directory = self._spec.source.kind == "directory"
        self._all_new = count == 0 and self._first_try and is_directory

    def _batches(self) -> Generator[Batch, None, None]:
        source, settings = self._spec.source, self._services.settings
        if source.kind == "directory":
            return DirectoryWalk(source, settings.image_roots).batches()
        return listed_files(self._spec, self._scans, self._retry, settings)

    def _account(self, batch: Batch) -> None:
        # A directory that changes while it is read may list a file twice.
        files = list({file.uri: file for file in batch.files}.values())
        found = Classified(files, 0) if self._all_new else self._known.classify(batch.files)
        ignored, failures = batch.ignored, batch.failures
        wanted = []
        for file in found.changed:
            if not is_candidate(file):
                ignored += 1
            elif len(file.uri) > MAX_URI_BYTES:
                failures.append(path_too_long(file.uri, file.size, file.mtime_ns))
            else:
                wanted.append(
                    FileRef(uri=file.uri, size=file.size, mtime_ns=file.mtime_ns, name=file.label)
                )
        self._chunked += len(wanted)
        self._chunking.add(wanted)
        self._fail(failures)
        self._record(found.unchanged, ignored)

    def _fail(self, failures: Sequence[Failure]) -> None:
        wanted = self._known.not_accounted([failure.uri for failure in failures])
        new = [failure for failure in failures if failure.uri in wanted]
        self._chunked += len(new)
        if new:
            chunk = uuid.uuid4().hex
            self._retry.run(lambda: self._scans.fail(self._spec.id, self._generation, new, chunk))

    def _record(self, unchanged: int, ignored: int) -> None:
        self._unchanged += unchanged
        self._ignored += ignored
        if unchanged or ignored:
            token = uuid.uuid4().hex
            self._retry.run(
                lambda: self._scans.record(
                    self._spec.id,
                    self._generation,
                    unchanged=unchanged,
                    ignored=ignored,
                    token=token,
                )
            )
