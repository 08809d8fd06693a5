"""Starts loads: checks collection, encoder and queue, writes the job, sends its scan task."""

import uuid
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from pydantic import Field

from gateway.files.prefixes import resolve_bucket
from gateway.services.encoders import encoder_weights
from shared.domain.base import Frozen
from shared.domain.chunk import FileRef
from shared.domain.collection import CollectionIdentity, CollectionInfo
from shared.domain.image import ImageFilter
from shared.domain.job import (
    ArchiveSource,
    BucketSource,
    DeletionSource,
    DirectorySource,
    Job,
    JobSpec,
    OnDuplicate,
    RetrySource,
    Source,
    UrlsSource,
)
from shared.errors import Conflict, QueueFull, Unavailable
from shared.fetch.urls import normalise
from shared.files.paths import resolve_directory, resolve_file
from shared.ledger import Jobs, Renamings, Workers
from shared.log import get_logger
from shared.queue import Dispatcher
from shared.settings import Settings
from shared.store import Collections

_log = get_logger(__name__)


class LoadOptions(Frozen):
    """What a client may choose for a load of any source."""

    on_duplicate: OnDuplicate = "keep"
    sync: bool = False
    allow_mass_removal: bool = False
    report_duplicates: bool = False
    tags: tuple[str, ...] = ()
    metadata: dict[str, Any] = Field({})


class LoadService:
    """Starts loads of directories, uploads and failed files."""

    def __init__(
        self,
        settings: Settings,
        jobs: Jobs,
        workers: Workers,
        collections: Collections,
        dispatcher: Dispatcher,
        renamings: Renamings,
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._workers = workers
        self._collections = collections
        self._dispatcher = dispatcher
        self._renamings = renamings

    def load(self, collection: str, source: Source, options: LoadOptions) -> Job:
        """Queue a load of a source as a caller names it. Raises as `resolve`, `check_can_queue`."""
        resolved = self.resolve(source)
        return self.queue(self.check_can_queue(collection), resolved, options)

    def resolve(self, source: Source) -> Source:
        """A source as it is queued: its path is real, and under an image root. No bucket is asked.

        Raises InvalidRequest as `resolve_directory` and `resolve_file` do, `no_bucket_roots`,
        `invalid_bucket`, `bucket_outside_roots`.
        """
        if isinstance(source, BucketSource):
            location = resolve_bucket(source.url, self._settings.bucket_roots)
            return source.model_copy(update={"url": location.address})
        if isinstance(source, DirectorySource):
            path = resolve_directory(source.path, self._settings)
        elif isinstance(source, ArchiveSource | UrlsSource) and source.path is not None:
            path = resolve_file(source.path, self._settings)
        else:
            return source
        return source.model_copy(update={"path": str(path)})

    def load_addresses(self, collection: str, urls: Iterable[str], options: LoadOptions) -> Job:
        """Queue a load of pictures at addresses. Raises what `check_can_queue` raises."""
        addresses = list(dict.fromkeys(filter(None, map(normalise, urls))))
        target = self.check_can_queue(collection)
        refs = (FileRef(uri=url, size=0, mtime_ns=0, source_url=url) for url in addresses)
        return self.queue(target, UrlsSource(addresses=len(addresses)), options, files=refs)

    def check_can_queue(self, collection: str) -> CollectionInfo:
        """Check that a load of `collection` may be queued. Creates the collection if it is unknown.

        Raises QueueFull, Unavailable `no_encoder`, Conflict `encoder_mismatch`, `collection_busy`
        while it is being renamed.
        """
        self.check_queue()
        # Its job would be refused, and what is made for it left behind under that name.
        self._renamings.require_settled(collection)
        running = encoder_weights(self._workers)
        info = self._collections.ensure(
            collection, weights=running[0], pooling=self._settings.pooling
        )
        if info.weights not in running:
            info.require(running[0])
        return info

    def delete_matching(self, target: CollectionIdentity, wanted: ImageFilter) -> Job:
        """Queue a job that deletes the images of a filter. Raises QueueFull."""
        source = DeletionSource(tag=wanted.tag, path_prefix=wanted.path_prefix, filter=wanted.where)
        return self.queue_alone(target, source)

    def unfinished(self, target: CollectionIdentity, source: Source) -> Job | None:
        """The job of this very source that is unfinished in this very collection."""
        for job in self._jobs.active_in(target.name):
            same = job.spec.source == source and job.spec.generation == target.generation
            if same and not job.finished:
                return job
        return None

    def queue_alone(self, target: CollectionIdentity, source: Source) -> Job:
        """Queue a job that needs no encoder. Raises QueueFull."""
        self.check_queue()
        return self.queue(target, source, LoadOptions())

    def check_queue(self) -> None:
        """Raises QueueFull."""
        if self._jobs.count_active() >= self._settings.queue_limit:
            raise QueueFull("queue_full", "Too many jobs are unfinished; wait for some to end.")

    def queue(
        self,
        target: CollectionIdentity,
        source: Source,
        options: LoadOptions,
        *,
        files: Iterable[FileRef] = (),
    ) -> Job:
        """Write the job of a load that passed `check_can_queue`, and send its scan task."""
        spec = JobSpec(
            id=uuid.uuid4().hex,
            collection=target.name,
            generation=target.generation,
            source=source,
            on_duplicate=options.on_duplicate,
            sync=options.sync,
            allow_mass_removal=options.allow_mass_removal,
            report_duplicates=options.report_duplicates,
            tags=options.tags,
            metadata=options.metadata,
            created_at=self._jobs.now(),
        )
        job = self._jobs.create(spec, files)
        try:
            self._dispatcher.send_scan(spec.id)
        except Unavailable:
            # The job is in the ledger, so the indexer's recovery starts it without the message.
            _log.warning("scan_send_failed", job=spec.id)
        return job

    def retry(self, job_id: str) -> Job:
        """Queue the failed files of a job again, as a new job.

        Returns the earlier retry of the same job while that one is unfinished. Raises NotFound
        `job_not_found`, Conflict `nothing_to_retry`, and what `check_can_queue` raises.
        """
        spec = self._jobs.get(job_id).spec
        # Two requests at once start one retry: the second waits and finds the first one's job.
        with self._jobs.retry_lock(job_id):
            running = self._unfinished_retry(spec)
            if running is not None:
                return running
            count = self._jobs.get(job_id).failed
            if count == 0:
                raise Conflict("nothing_to_retry", "No file of this job has failed.")
            target = self.check_can_queue(spec.collection)
            return self.queue(
                target,
                RetrySource(job=job_id, files=count),
                LoadOptions(
                    on_duplicate=spec.on_duplicate,
                    report_duplicates=spec.report_duplicates,
                    tags=spec.tags,
                    metadata=spec.metadata,
                ),
                files=self._failed_files(job_id, count),
            )

    def _unfinished_retry(self, original: JobSpec) -> Job | None:
        for job in self._jobs.active_in(original.collection):
            source = job.spec.source
            if source.kind == "retry" and source.job == original.id and not job.finished:
                return job
        return None

    def _failed_files(self, job_id: str, count: int) -> Iterator[FileRef]:
        for failure in islice(self._jobs.iter_failures(job_id), count):
            yield FileRef(
                uri=failure.uri,
                size=failure.size,
                mtime_ns=failure.mtime_ns,
                name=failure.name,
                source_url=failure.source_url,
            )
