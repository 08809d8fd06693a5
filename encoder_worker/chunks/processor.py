"""A chunk of a load: its files read, decoded, encoded, written, and reported once.

Several chunks are worked on at once, each in a thread of its own, so that one is read and decoded
while another is encoded and a third is written. They share the encoder and the decoding threads.
"""

import threading
import uuid
from concurrent.futures import Executor

import numpy as np
from structlog.contextvars import bound_contextvars

from encoder_worker.chunks.duplicates import skip_duplicates
from encoder_worker.chunks.pipeline import ChunkPipeline, ChunkWrites
from encoder_worker.chunks.reading import batches
from encoder_worker.chunks.result import ChunkResult
from encoder_worker.chunks.stores import Stores
from encoder_worker.decode.batch import BatchDecoder
from encoder_worker.encode.encoder import Encoder, EncoderFailed
from indexer.job_failure import JobFailed
from shared.domain.chunk import (
    ChunkClaim,
    ChunkOutcome,
)
from shared.domain.fingerprint import Pooling, fingerprint
from shared.domain.job import FINISHED
from shared.errors import NotFound, PictureError
from shared.log import get_logger
from shared.retry import RetryPolicy, ShuttingDown
from shared.settings import Settings

_log = get_logger(__name__)


class _JobEnded(Exception):
    """The job was cancelled or failed meanwhile; nobody wants its chunk any more."""


class ChunkProcessor:
    """Works on chunks, one per calling thread. Setting `stopping` makes it give them back.

    `decode_suspects` decodes the files of a chunk that lost its worker once, each of which may be
    the one that killed it.
    """

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        encoder: Encoder,
        threads: Executor,
        decode_all: BatchDecoder,
        decode_suspects: BatchDecoder,
        stopping: threading.Event,
    ) -> None:
        self._settings = settings
        self._stores = stores
        self._encoder = encoder
        self._threads = threads
        self._decode_all = decode_all
        self._decode_suspects = decode_suspects
        self._stopping = stopping
        self._retry = RetryPolicy(stopping)

    def work(self, job_id: str, chunk_id: str) -> None:
        """Claim a chunk and see it through; nothing happens where it is not to be had.

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
        except (ShuttingDown, _JobEnded):
            self._give_back(claim)
        except JobFailed as failure:
            reason = failure.error
            _log.error("job_failed", code=reason.code, detail=reason.detail)
            self._retry.run(lambda: self._stores.jobs.fail(claim.spec.id, reason))
            self._give_back(claim)
        else:
            self._report(claim, outcome)

    def _attempt(self, claim: ChunkClaim) -> ChunkResult:
        if claim.attempt > self._settings.chunk_attempts:
            lost = f"Encoders were lost {claim.attempt - 1} times over this file's chunk."
            return _all_failed(claim, PictureError("worker_lost", lost))
        try:
            return self._process(claim)
        except (ShuttingDown, _JobEnded, EncoderFailed, JobFailed):
            raise
        except NotFound as error:
            raise JobFailed(error.code, error.detail) from error
        except Exception:  # noqa: BLE001 - a chunk that nobody reports keeps its job from ending
            _log.exception("chunk_failed")
            reason = "Something went wrong in the encoder; its log says what."
            return _all_failed(claim, PictureError("internal_error", reason))

    def _process(self, claim: ChunkClaim) -> ChunkResult:
        spec = claim.spec
        retry = RetryPolicy(self._stopping, lambda: self._check_wanted(spec.id))
        pooling = self._pooling(claim, retry)
        ids = [ref.id for ref in claim.files]
        batch = ChunkPipeline(
            claim,
            pooling,
            retry.run(lambda: self._stores.images.get_many(spec.collection, ids)),
            settings=self._settings,
            encoder=self._encoder,
            threads=self._threads,
            decode_all=self._decode_suspects if claim.attempt > 1 else self._decode_all,
            duplicates=(
                skip_duplicates(spec, self._stores, self._settings, retry)
                if spec.on_duplicate == "skip"
                else None
            ),
            stopping=self._stopping,
        )
        writes = ChunkWrites(ChunkResult(claim.attempt))
        for files in batches(claim.files):
            batch.process_batch(files, writes)
        retry.run(lambda: self._check_wanted(spec.id))
        self._write(spec.collection, writes, retry)
        return writes.result

    def _pooling(self, claim: ChunkClaim, retry: RetryPolicy) -> Pooling:
        """The collection's pooling. Raises JobFailed where its vectors are not ours."""
        name = claim.spec.collection
        identity = retry.run(lambda: self._stores.collections.identity(name))
        ours = fingerprint(self._encoder.weights, identity.pooling)
        if identity.fingerprint != ours:
            raise JobFailed(
                "encoder_mismatch",
                f"The collection holds vectors of {identity.fingerprint}, and the encoder makes "
                f"{ours}. Load into a new collection, or start the encoder with the old weights.",
            )
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

    def _check_wanted(self, job_id: str) -> None:
        status = self._stores.chunks.status(job_id)
        if status is None or status in FINISHED:
            raise _JobEnded

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

    def _give_back(self, claim: ChunkClaim) -> None:
        self._retry.run(lambda: self._stores.chunks.release(claim.spec.id, claim.chunk_id))
        _log.info("chunk_released")


def _all_failed(claim: ChunkClaim, error: PictureError) -> ChunkResult:
    result = ChunkResult(claim.attempt)
    for ref in claim.files:
        result.fail(ref, error)
    return result
