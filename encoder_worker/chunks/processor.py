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
from encoder_worker.chunks.pipeline import Harvest, Portion
from encoder_worker.chunks.reading import portions
from encoder_worker.chunks.result import Tally
from encoder_worker.chunks.stores import Stores
from encoder_worker.decode.batch import DecodeAll
from encoder_worker.encode.encoder import Encoder, EncoderFailed
from indexer.job_failure import JobFailed
from shared.domain.fingerprint import fingerprint
from shared.domain.job import FINISHED, ChunkClaim, ChunkOutcome
from shared.errors import NotFound, PictureError
from shared.log import get_logger
from shared.retry import Persistence, Stopped
from shared.settings import Pooling, Settings

_log = get_logger(__name__)


class _JobEnded(Exception):
    """The job was cancelled or failed meanwhile; nobody wants its chunk any more."""


class ChunkWorker:
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
        decode_all: DecodeAll,
        decode_suspects: DecodeAll,
        stopping: threading.Event,
    ) -> None:
        self._settings = settings
        self._stores = stores
        self._encoder = encoder
        self._threads = threads
        self._decode_all = decode_all
        self._decode_suspects = decode_suspects
        self._stopping = stopping
        self._persistence = Persistence(stopping)

    def work(self, job_id: str, chunk_id: str) -> None:
        """Claim a chunk and see it through; nothing happens where it is not to be had.

        Redis or Milvus away is waited out. Raises EncoderFailed: the chunk then stays claimed, so
        that its next attempt counts as one after a lost worker.
        """
        with bound_contextvars(job=job_id, chunk=chunk_id):
            try:
                token = uuid.uuid4().hex
                claim = self._persistence.run(
                    lambda: self._stores.chunks.claim(job_id, chunk_id, token)
                )
                if claim is not None:
                    self._see_through(claim)
            except Stopped:
                _log.info("chunk_left")  # its lease ends with this process

    def _see_through(self, claim: ChunkClaim) -> None:
        try:
            outcome = self._attempt(claim).outcome()
        except (Stopped, _JobEnded):
            self._give_back(claim)
        except JobFailed as failure:
            reason = failure.error
            _log.error("job_failed", code=reason.code, detail=reason.detail)
            self._persistence.run(lambda: self._stores.jobs.fail(claim.spec.id, reason))
            self._give_back(claim)
        else:
            self._report(claim, outcome)

    def _attempt(self, claim: ChunkClaim) -> Tally:
        if claim.attempt > self._settings.chunk_attempts:
            lost = f"Encoders were lost {claim.attempt - 1} times over this file's chunk."
            return _all_failed(claim, PictureError("worker_lost", lost))
        try:
            return self._process(claim)
        except (Stopped, _JobEnded, EncoderFailed, JobFailed):
            raise
        except NotFound as error:
            raise JobFailed(error.code, error.detail) from error
        except Exception:  # noqa: BLE001 - a chunk that nobody reports keeps its job from ending
            _log.exception("chunk_failed")
            reason = "Something went wrong in the encoder; its log says what."
            return _all_failed(claim, PictureError("internal_error", reason))

    def _process(self, claim: ChunkClaim) -> Tally:
        spec = claim.spec
        persistence = Persistence(self._stopping, lambda: self._check_wanted(spec.id))
        pooling = self._pooling(claim, persistence)
        ids = [ref.id for ref in claim.files]
        portion = Portion(
            claim,
            pooling,
            persistence.run(lambda: self._stores.images.many(spec.collection, ids)),
            settings=self._settings,
            encoder=self._encoder,
            threads=self._threads,
            decode_all=self._decode_suspects if claim.attempt > 1 else self._decode_all,
            duplicates=(
                skip_duplicates(spec, self._stores, self._settings, persistence)
                if spec.on_duplicate == "skip"
                else None
            ),
            stopping=self._stopping,
        )
        harvest = Harvest(Tally(claim.attempt))
        for files in portions(claim.files):
            portion.gather(files, harvest)
        persistence.run(lambda: self._check_wanted(spec.id))
        self._write(spec.collection, harvest, persistence)
        return harvest.tally

    def _pooling(self, claim: ChunkClaim, persistence: Persistence) -> Pooling:
        """The collection's pooling. Raises JobFailed where its vectors are not ours."""
        name = claim.spec.collection
        identity = persistence.run(lambda: self._stores.collections.identity(name))
        ours = fingerprint(self._encoder.weights, identity.pooling)
        if identity.fingerprint != ours:
            raise JobFailed(
                "encoder_mismatch",
                f"The collection holds vectors of {identity.fingerprint}, and the encoder makes "
                f"{ours}. Load into a new collection, or start the encoder with the old weights.",
            )
        return identity.pooling

    def _write(self, collection: str, harvest: Harvest, persistence: Persistence) -> None:
        writer = self._stores.writer
        if harvest.rows:
            vectors = np.stack(harvest.vectors)
            persistence.run(lambda: writer.upsert(collection, harvest.rows, vectors))
        if harvest.touched:
            persistence.run(lambda: writer.touch(collection, harvest.touched))
        if harvest.superseded:
            persistence.run(lambda: writer.delete(collection, harvest.superseded))

    def _check_wanted(self, job_id: str) -> None:
        status = self._stores.chunks.status(job_id)
        if status is None or status in FINISHED:
            raise _JobEnded

    def _report(self, claim: ChunkClaim, outcome: ChunkOutcome) -> None:
        self._persistence.run(
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
        self._persistence.run(lambda: self._stores.chunks.release(claim.spec.id, claim.chunk_id))
        _log.info("chunk_given_back")


def _all_failed(claim: ChunkClaim, error: PictureError) -> Tally:
    tally = Tally(claim.attempt)
    for ref in claim.files:
        tally.fail(ref, error)
    return tally
