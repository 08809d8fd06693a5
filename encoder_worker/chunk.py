"""A chunk of a load: its files read, decoded, encoded, written, and reported once.

Several chunks are worked on at once, each in a thread of its own, so that one is read and decoded
while another is encoded and a third is written. They share the encoder and the decoding threads.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import TypeVar

import numpy as np
from structlog.contextvars import bound_contextvars

from encoder_worker.decoding import DecodeAll
from encoder_worker.duplicates import skip_duplicates
from encoder_worker.encoder import Encoder, EncoderFailed
from encoder_worker.patience import GaveUp, Insist, Patience
from encoder_worker.portion import Harvest, Portion
from encoder_worker.read import portions
from encoder_worker.stores import Stores
from encoder_worker.tally import Tally
from shared.errors import NotFound, PictureError
from shared.fingerprint import fingerprint
from shared.log import get_logger
from shared.messages import FINISHED, ChunkClaim, ChunkOutcome, JobError
from shared.settings import Pooling, Settings

_log = get_logger(__name__)

T = TypeVar("T")


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
        self._patience = Patience(stopping)

    def work(self, job_id: str, chunk_id: str) -> None:
        """Claim a chunk and see it through; nothing happens where it is not to be had.

        Redis or Milvus away is waited out. Raises EncoderFailed: the chunk then stays claimed, so
        that its next attempt counts as one after a lost worker.
        """
        with bound_contextvars(job=job_id, chunk=chunk_id):
            try:
                claim = self._patience.insist(lambda: self._stores.chunks.claim(job_id, chunk_id))
                if claim is not None:
                    self._see_through(claim)
            except GaveUp:
                _log.info("chunk_left")  # its lease ends with this process

    def _see_through(self, claim: ChunkClaim) -> None:
        try:
            outcome = self._attempt(claim).outcome()
        except GaveUp:
            self._give_back(claim)
        except _JobImpossible as error:
            _log.error("job_impossible", code=error.reason.code, detail=error.reason.detail)
            reason = error.reason
            self._insist(lambda: self._stores.jobs.fail(claim.spec.id, reason))
            self._give_back(claim)
        else:
            self._report(claim, outcome)

    def _attempt(self, claim: ChunkClaim) -> Tally:
        if claim.attempt > self._settings.chunk_attempts:
            lost = f"Encoders were lost {claim.attempt - 1} times over this file's chunk."
            return _all_failed(claim, PictureError("worker_lost", lost))
        try:
            return self._process(claim)
        except (GaveUp, EncoderFailed, _JobImpossible):
            raise
        except NotFound as error:
            raise _JobImpossible(JobError(code=error.code, detail=error.detail)) from error
        except Exception:  # noqa: BLE001 - a chunk that nobody reports keeps its job from ending
            _log.exception("chunk_failed")
            reason = "Something went wrong in the encoder; its log says what."
            return _all_failed(claim, PictureError("internal_error", reason))

    def _process(self, claim: ChunkClaim) -> Tally:
        spec = claim.spec
        insist = partial(self._insist, still_wanted=lambda: self._wanted(spec.id))
        ids = [ref.id for ref in claim.files]
        pooling = self._pooling(claim, insist)
        stored = insist(lambda: self._stores.images.many(spec.collection, ids))
        portion = Portion(
            claim,
            pooling,
            stored,
            settings=self._settings,
            encoder=self._encoder,
            threads=self._threads,
            decode_all=self._decode_suspects if claim.attempt > 1 else self._decode_all,
            duplicates=(
                skip_duplicates(spec, self._stores, self._settings, insist)
                if spec.on_duplicate == "skip"
                else None
            ),
            stopping=self._stopping,
        )
        harvest = Harvest(Tally(claim.attempt))
        for files in portions(claim.files):
            portion.gather(files, harvest)
        self._write(claim, harvest, insist)
        return harvest.tally

    def _pooling(self, claim: ChunkClaim, insist: Insist) -> Pooling:
        """The collection's pooling. Raises _JobImpossible where its vectors are not ours."""
        name = claim.spec.collection
        identity = insist(lambda: self._stores.collections.identity(name))
        ours = fingerprint(self._encoder.weights, identity.pooling)
        if identity.fingerprint != ours:
            raise _JobImpossible(
                JobError(
                    code="encoder_mismatch",
                    detail=(
                        f"The collection holds vectors of {identity.fingerprint}, and the encoder "
                        f"makes {ours}. Load into a new collection, or start the encoder with "
                        "the old weights."
                    ),
                )
            )
        return identity.pooling

    def _write(self, claim: ChunkClaim, harvest: Harvest, insist: Insist) -> None:
        name, writer = claim.spec.collection, self._stores.writer
        if not insist(lambda: self._wanted(claim.spec.id)):
            raise GaveUp
        if harvest.rows:
            vectors = np.stack(harvest.vectors)
            insist(lambda: writer.upsert(name, harvest.rows, vectors))
        if harvest.touched:
            insist(lambda: writer.touch(name, harvest.touched))
        if harvest.superseded:
            insist(lambda: writer.delete(name, harvest.superseded))

    def _wanted(self, job_id: str) -> bool:
        status = self._stores.chunks.status(job_id)
        return status is not None and status not in FINISHED

    def _report(self, claim: ChunkClaim, outcome: ChunkOutcome) -> None:
        self._insist(lambda: self._stores.chunks.complete(claim.spec.id, claim.chunk_id, outcome))
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
        self._insist(lambda: self._stores.chunks.release(claim.spec.id, claim.chunk_id))
        _log.info("chunk_given_back")

    def _insist(
        self, operation: Callable[[], T], still_wanted: Callable[[], bool] = lambda: True
    ) -> T:
        return self._patience.insist(operation, still_wanted)


class _JobImpossible(Exception):
    """No further try of any file would mend it."""

    def __init__(self, reason: JobError) -> None:
        super().__init__(reason.detail)
        self.reason = reason


def _all_failed(claim: ChunkClaim, error: PictureError) -> Tally:
    tally = Tally(claim.attempt)
    for ref in claim.files:
        tally.fail(ref, error)
    return tally
