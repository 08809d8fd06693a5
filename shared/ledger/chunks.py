"""The worker's side of a job: claim a chunk, report it once, or give it back."""

import uuid
from collections.abc import Sequence

from shared.domain.chunk import (
    FILE_REFS,
    ChunkClaim,
    ChunkOutcome,
    FileRef,
)
from shared.domain.image import image_id
from shared.domain.job import (
    JobSpec,
    JobStatus,
    parse_status,
)
from shared.ledger import keys, scripts
from shared.redis import RedisClient

#: Long enough for a fresh row to be visible to Milvus queries on every node.
_CONTENT_SECONDS = 600


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
            keys=[keys.job(job_id)], args=[chunk_id, self._worker, token or uuid.uuid4().hex]
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
        return bool(self._complete(keys=[keys.job(job_id)], args=args))

    def release(self, job_id: str, chunk_id: str) -> None:
        """Give a claimed chunk back untouched, to be handed out again."""
        self._release(keys=[keys.job(job_id)], args=[chunk_id, self._worker])

    def status(self, job_id: str) -> JobStatus | None:
        """A job's status now, `paused` included; None when the job is gone."""
        state, paused = self._redis.hmget(keys.job(job_id), "state", "paused")
        return parse_status(state, paused)

    def claim_contents(self, collection: str, contents: Sequence[tuple[str, str]]) -> Sequence[str]:
        """Claim contents for images, so that of two equal files only the first is kept.

        `contents` holds (sha256, image id); returns for each the id that holds the claim, which
        is the image's own id where the claim succeeded now or earlier.
        """
        with self._redis.pipeline(transaction=False) as pipe:
            for sha256, image in contents:
                key = keys.content(collection, sha256)
                pipe.set(key, image, nx=True, ex=_CONTENT_SECONDS)
                pipe.get(key)
            replies = pipe.execute()
        owners = zip(replies[1::2], contents, strict=True)
        return [owner.decode() if owner else image for owner, (_, image) in owners]


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
