"""A chunk of a load: its files read, decoded, encoded, written, and reported once.

Several chunks are processed at once, each in a thread of its own, so that one is read and decoded
while another is encoded and a third is written. They share the encoder and the decoding threads.
"""

import time
from contextlib import AbstractContextManager
from functools import partial

from structlog.contextvars import bound_contextvars

from encoder_worker.chunks.content_encoding import ContentEncoding
from encoder_worker.chunks.matching import Matcher
from encoder_worker.chunks.other_editions import OtherEditions
from encoder_worker.chunks.pipeline import ChunkPipeline
from encoder_worker.chunks.reading import batches
from encoder_worker.chunks.reencoding import ReencodedChunk
from encoder_worker.chunks.regions import RegionEncoding
from encoder_worker.chunks.reporting import DuplicateReporter
from encoder_worker.chunks.result import ChunkResult, ChunkWrites
from encoder_worker.chunks.row_files import RowFiles
from encoder_worker.chunks.stages import Stages
from encoder_worker.chunks.stores import Stores
from encoder_worker.chunks.writing import ChunkWriter
from encoder_worker.errors import EncoderFailed
from shared import tracing
from shared.domain.chunk import ChunkClaim, ChunkOutcome
from shared.domain.collection import CollectionIdentity
from shared.domain.job import JobError, JobSpec
from shared.errors import Conflict, DecoderUnavailable, JobFailed, NotFound, PictureError
from shared.files.filesystems import RecordedFilesystems
from shared.ledger import JobEnded
from shared.log import get_logger, of_request
from shared.retry import RetryPolicy, ShuttingDown
from shared.store import EditionChanged

_log = get_logger(__name__)

#: How long a chunk waits for contents that other chunks have claimed, before its thread is free for
#: other chunks. It is then sent again; only the ledger says whose a content is.
_WAIT_SECONDS = 5.0
_POLL_SECONDS = 0.05
#: How long a thread takes no chunk after one of a collection that needs another encoder: others
#: have time to take it when it is sent again.
_MISMATCH_WAIT_SECONDS = 5.0


class _ContentsClaimed(Exception):
    """Other chunks are still at work on contents that this one needs to know of."""


class _EditionsDiffer(Exception):
    """The collection has or gets other vectors than this chunk was encoded for."""


class _EncoderMismatch(Exception):
    """This process has other weights than the collection's: the chunk is for another encoder."""

    def __init__(self, why: JobError) -> None:
        super().__init__(why.detail)
        self.why = why


class ChunkProcessor:
    """Processes chunks, one per calling thread."""

    def __init__(self, stages: Stages, stores: Stores) -> None:
        self._stages = stages
        self._unretried = stores
        self._stores = stores.with_retry(RetryPolicy(stages.stopping))

    def work(self, job_id: str, chunk_id: str) -> None:
        """Claim a chunk and process it; do nothing if it cannot be claimed.

        During an outage of Redis or Milvus it waits. Raises EncoderFailed: where the forward pass
        failed, the chunk stays leased, so that its next attempt counts as one after a lost worker;
        where no decoder can be started, it is given back, for no file of it is at fault.
        """
        with bound_contextvars(job=job_id, chunk=chunk_id):
            try:
                claim = self._stores.chunks.claim(job_id, chunk_id)
                if claim is not None:
                    with of_request(claim.spec.request_id), _span(claim):
                        self._process_claim(claim)
            except ShuttingDown:
                _log.info("chunk_abandoned")  # its lease expires with this process

    def _process_claim(self, claim: ChunkClaim) -> None:
        try:
            self._settle(claim)
        except EncoderFailed:
            raise  # This process ends, and its leases with it.
        except BaseException:
            self._stores.chunks.abandon(claim.token)
            raise

    def _settle(self, claim: ChunkClaim) -> None:
        """Process a claimed chunk, and report it or give it back."""
        try:
            outcome = self._attempt(claim)
        except (ShuttingDown, JobEnded, _ContentsClaimed, _EditionsDiffer):
            self._release(claim)
        except _EncoderMismatch as error:
            self._stores.jobs.note_waiting(claim.spec.id, error.why)
            self._release(claim)
            _log.warning("chunk_needs_another_encoder", detail=error.why.detail)
            self._stages.stopping.wait(_MISMATCH_WAIT_SECONDS)
        except DecoderUnavailable as error:
            self._release(claim)
            raise EncoderFailed(error.detail) from error
        except JobFailed as failure:
            reason = JobError(code=failure.code, detail=failure.detail)
            _log.error("job_failed", code=reason.code, detail=reason.detail)
            self._stores.jobs.fail(claim.spec.id, reason)
            self._release(claim)
        else:
            self._report(claim, outcome)

    def _attempt(self, claim: ChunkClaim) -> ChunkOutcome:
        if claim.attempt > self._stages.settings.chunk_attempts:
            lost = f"Encoders were lost {claim.attempt - 1} times over this file's chunk."
            return ChunkResult.all_failed(claim, PictureError("worker_lost", lost)).outcome()
        try:
            return self._process(claim)
        except (
            ShuttingDown,
            JobEnded,
            EncoderFailed,
            DecoderUnavailable,
            JobFailed,
            _ContentsClaimed,
            _EditionsDiffer,
            _EncoderMismatch,
        ):
            raise
        except NotFound as error:
            raise JobFailed(error.code, error.detail) from error
        except Exception:  # noqa: BLE001 - a job does not end before each chunk is reported
            _log.exception("chunk_failed")
            reason = "Something went wrong in the encoder; its log says what."
            return ChunkResult.all_failed(claim, PictureError("internal_error", reason)).outcome()

    def _process(self, claim: ChunkClaim) -> ChunkOutcome:
        spec = claim.spec
        check_active = partial(self._unretried.jobs.require_active, spec.id)
        retry = RetryPolicy(self._stages.stopping, check_active)
        stores = self._unretried.with_retry(retry)
        identity = stores.collections.identity(spec.collection)
        identity.require_generation(spec.generation)
        _require(identity, self._stages.encoder.weights)
        try:
            if spec.source.kind == "reencoding":
                return ReencodedChunk(self._stages, claim, stores, self._unretried, retry).process(
                    identity
                )
            return self._load(claim, identity, stores, retry).outcome()
        except EditionChanged as error:
            raise _EditionsDiffer from error
        except NotFound as error:
            now = stores.collections.identity(spec.collection)
            now.require_generation(spec.generation)
            if (now.home, now.next) == (identity.home, identity.next):
                raise
            raise _EditionsDiffer from error

    def _load(
        self, claim: ChunkClaim, identity: CollectionIdentity, stores: Stores, retry: RetryPolicy
    ) -> ChunkResult:
        spec = claim.spec
        row_files = self._row_files(spec, stores)
        matcher = Matcher(claim, stores, row_files)
        encoding = RegionEncoding(self._stages, identity, stores) if identity.regions else None
        suspects = claim.attempt > 1
        decode = self._stages.decode_suspects if suspects else self._stages.decode
        editions = OtherEditions(
            identity, partial(ContentEncoding, self._stages, decode, regions=identity.regions)
        )
        pipeline = ChunkPipeline(self._stages, claim, identity.pooling, matcher, encoding, editions)
        writer = ChunkWriter(claim, identity, self._unretried, row_files, retry)
        reporter = DuplicateReporter(stores, identity) if spec.report_duplicates else None
        result, files = ChunkResult(claim.attempt), claim.files
        while files:
            writes = ChunkWrites(result, stores.row_locks.now())
            later = [
                ref for batch in batches(files) for ref in pipeline.process_batch(batch, writes)
            ]
            if reporter is not None:
                reporter.report(writes)
            with tracing.span("chunk.insert", rows=len(writes.rows)):
                writer.write(writes)
            matcher.end_round()
            if len(later) == len(files):
                self._await(matcher)
            files = tuple(later)
        return result

    def _row_files(self, spec: JobSpec, stores: Stores) -> RowFiles:
        files, settings = self._stages.reader.files, self._stages.settings
        recorded = stores.filesystems.before(spec.id, spec.collection)
        filesystems = RecordedFilesystems(recorded, settings.image_roots)
        return RowFiles(spec.collection, files, filesystems)

    def _await(self, matcher: Matcher) -> None:
        """Wait until a content is free that another chunk had claimed; nothing is held then."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while not matcher.claim_awaited():
            if time.monotonic() > deadline:
                raise _ContentsClaimed
            if self._stages.stopping.wait(_POLL_SECONDS):
                raise ShuttingDown

    def _report(self, claim: ChunkClaim, outcome: ChunkOutcome) -> None:
        self._stores.chunks.complete(claim.spec.id, claim.chunk_id, outcome)
        _log.info(
            "chunk_completed",
            attempt=claim.attempt,
            indexed=outcome.indexed,
            unchanged=outcome.unchanged,
            moved=outcome.moved,
            duplicates=outcome.duplicates,
            failed=len(outcome.failures),
            encode_seconds=round(outcome.encode_seconds, 2),
        )

    def _release(self, claim: ChunkClaim) -> None:
        self._stores.chunks.release(claim.spec.id, claim.chunk_id, claim.token)
        _log.info("chunk_released")


def _span(claim: ChunkClaim) -> AbstractContextManager[None]:
    return tracing.span(
        "chunk",
        parent=claim.spec.traceparent,
        job=claim.spec.id,
        chunk=claim.chunk_id,
        files=len(claim.files),
        attempt=claim.attempt,
    )


def _require(identity: CollectionIdentity, weights: str) -> None:
    try:
        identity.require(weights)
    except Conflict as error:
        raise _EncoderMismatch(JobError(code=error.code, detail=error.detail)) from error
