"""A chunk of a load: its files read, decoded, encoded, written, and reported once.

Several chunks are worked on at once, each in a thread of its own, so that one is read and decoded
while another is encoded and a third is written. They share the encoder and the decoding threads.
"""

import uuid

import numpy as np
from structlog.contextvars import bound_contextvars

from encoder_worker.chunks.duplicates import DuplicateFilter, Duplicates, NoDuplicateFilter
from encoder_worker.chunks.pipeline import ChunkPipeline, Stages
from encoder_worker.chunks.reading import batches
from encoder_worker.chunks.result import ChunkResult, ChunkWrites
from encoder_worker.chunks.stores import Stores
from encoder_worker.errors import EncoderFailed
from shared.domain.chunk import ChunkClaim, ChunkOutcome
from shared.domain.fingerprint import Pooling
from shared.domain.job import JobError, JobSpec
from shared.errors import Conflict, JobFailed, NotFound, PictureError
from shared.ledger import JobEnded
from shared.log import get_logger
from shared.retry import RetryPolicy, ShuttingDown

_log = get_logger(__name__)


class ChunkProcessor:
    """Works on chunks, one per calling thread."""

    def __init__(self, stages: Stages, stores: Stores) -> None:
        self._stages = stages
        self._stores = stores
        self._retry = RetryPolicy(stages.stopping)

    def work(self, job_id: str, chunk_id: str) -> None:
        """Claim a chunk and process it; nothing happens where it cannot be claimed.

        Redis or Milvus away is waited out. Raises EncoderFailed: the chunk then stays claimed, so
        that its next attempt counts as one after a lost worker.
        """
        with bound_contextvars(job=job_id, chunk=chunk_id):
            try:
                token = uuid.uuid4().hex
                claim = self._retry.run(lambda: self._stores.chunks.claim(job_id, chunk_id, token))
                if claim is not None:
                    self._process_claim(claim)
            except ShuttingDown:
                _log.info("chunk_abandoned")  # its lease ends with this process

    def _process_claim(self, claim: ChunkClaim) -> None:
        try:
            outcome = self._attempt(claim).outcome()
        except (ShuttingDown, JobEnded):
            self._release(claim)
        except JobFailed as failure:
            reason = JobError(code=failure.code, detail=failure.detail)
            _log.error("job_failed", code=reason.code, detail=reason.detail)
            self._retry.run(lambda: self._stores.jobs.fail(claim.spec.id, reason))
            self._release(claim)
        else:
            self._report(claim, outcome)

    def _attempt(self, claim: ChunkClaim) -> ChunkResult:
        if claim.attempt > self._stages.settings.chunk_attempts:
            lost = f"Encoders were lost {claim.attempt - 1} times over this file's chunk."
            return _all_failed(claim, PictureError("worker_lost", lost))
        try:
            return self._process(claim)
        except (ShuttingDown, JobEnded, EncoderFailed, JobFailed):
            raise
        except NotFound as error:
            raise JobFailed(error.code, error.detail) from error
        except Exception:  # noqa: BLE001 - a chunk that nobody reports keeps its job from ending
            _log.exception("chunk_failed")
            reason = "Something went wrong in the encoder; its log says what."
            return _all_failed(claim, PictureError("internal_error", reason))

    def _process(self, claim: ChunkClaim) -> ChunkResult:
        spec = claim.spec

        def check_active() -> None:
            self._stores.jobs.require_active(spec.id)

        retry = RetryPolicy(self._stages.stopping, check_active)
        pooling = self._pooling(claim, retry)
        ids = [ref.id for ref in claim.files]
        stored = retry.run(lambda: self._stores.images.get_many(spec.collection, ids))
        duplicates = self._duplicates(spec, retry)
        pipeline = ChunkPipeline(self._stages, claim, pooling, stored, duplicates)
        writes = ChunkWrites(ChunkResult(claim.attempt))
        for files in batches(claim.files):
            pipeline.process_batch(files, writes)
        retry.run(check_active)
        self._write(spec.collection, writes, retry)
        return writes.result

    def _duplicates(self, spec: JobSpec, retry: RetryPolicy) -> Duplicates:
        if spec.on_duplicate == "keep":
            return NoDuplicateFilter()
        return DuplicateFilter(spec, self._stores, self._stages.settings, retry)

    def _pooling(self, claim: ChunkClaim, retry: RetryPolicy) -> Pooling:
        """The collection's pooling. Raises JobFailed where its vectors are not ours."""
        name = claim.spec.collection
        identity = retry.run(lambda: self._stores.collections.identity(name))
        try:
            identity.require(self._stages.encoder.weights)
        except Conflict as error:
            raise JobFailed(error.code, error.detail) from error
        return identity.pooling

    def _write(self, collection: str, writes: ChunkWrites, retry: RetryPolicy) -> None:
        writer = self._stores.writer
        if writes.rows:
            vectors = np.stack(writes.vectors)
            retry.run(lambda: writer.upsert(collection, writes.rows, vectors))
        if writes.touched:
            retry.run(lambda: writer.update_keeping_vector(collection, writes.touched))
        if writes.superseded:
            retry.run(lambda: writer.delete(collection, writes.superseded))

    def _report(self, claim: ChunkClaim, outcome: ChunkOutcome) -> None:
        self._retry.run(
            lambda: self._stores.chunks.complete(claim.spec.id, claim.chunk_id, outcome)
        )
        _log.info(
            "chunk_done",
            attempt=claim.attempt,
            indexed=outcome.indexed,
            unchanged=outcome.unchanged,
            duplicates=outcome.duplicates,
            failed=len(outcome.failures),
            encode_seconds=round(outcome.encode_seconds, 2),
        )

    def _release(self, claim: ChunkClaim) -> None:
        self._retry.run(lambda: self._stores.chunks.release(claim.spec.id, claim.chunk_id))
        _log.info("chunk_released")


def _all_failed(claim: ChunkClaim, error: PictureError) -> ChunkResult:
    result = ChunkResult(claim.attempt)
    for ref in claim.files:
        result.fail(ref, error)
    return result
