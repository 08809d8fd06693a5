"""The worker's side of a job: claim a chunk, report it once, or give it back."""

import uuid
from collections.abc import Sequence

from shared.domain.chunk import FILE_REFS, ChunkClaim, ChunkOutcome, FileRef
from shared.domain.image import image_id
from shared.domain.job import JobSpec
from shared.ledger import keys, scripts
from shared.redis import RedisClient


class Chunks:
    """Chunks that wait or are in work. A chunk is one worker's while that worker lives."""

    def __init__(self, redis: RedisClient, worker_id: str) -> None:
        self._redis = redis
        self._worker = worker_id
        self._claim = redis.register_script(scripts.CLAIM_CHUNK)
        self._complete = redis.register_script(scripts.COMPLETE_CHUNK)
        self._release = redis.register_script(scripts.RELEASE_CHUNK)

    def claim(self, job_id: str, chunk_id: str, token: str | None = None) -> ChunkClaim | None:
        """Take a chunk, or None when it is done, paused, cancelled or in another's hands.

        `token` names this call: repeated with the same one, because its answer was lost, it
        gives the same chunk again.
        """
        reply = self._claim(
            keys=keys.for_job(job_id), args=[chunk_id, self._worker, token or uuid.uuid4().hex]
        )
        if not reply[0]:
            return None
        return ChunkClaim(
            spec=JobSpec.model_validate_json(reply[1]),
            chunk_id=chunk_id,
            files=FILE_REFS.validate_json(reply[2]),
            attempt=int(reply[3]),
        )

    def complete(self, job_id: str, chunk_id: str, outcome: ChunkOutcome) -> bool:
        """Report a chunk. False when it was reported before; then nothing is counted."""
        args = outcome_arguments(chunk_id, outcome)
        return bool(self._complete(keys=keys.for_job(job_id), args=args))

    def release(self, job_id: str, chunk_id: str) -> None:
        """Give a claimed chunk back untouched, to be handed out again."""
        self._release(keys=keys.for_job(job_id), args=[chunk_id, self._worker])


def chunk_payload(files: Sequence[FileRef]) -> bytes:
    """A chunk's files as the ledger stores them."""
    return FILE_REFS.dump_json(tuple(files), exclude_none=True)


def outcome_arguments(chunk_id: str, outcome: ChunkOutcome) -> list[object]:
    """What COMPLETE_CHUNK takes."""
    return [
        chunk_id,
        outcome.indexed,
        outcome.unchanged,
        outcome.duplicates,
        outcome.bytes,
        outcome.encode_seconds,
        len(outcome.failures),
        *(failure.model_dump_json() for failure in outcome.failures),
        *(image_id(failure.uri) for failure in outcome.failures),
        *outcome.duplicate_ids,
    ]
