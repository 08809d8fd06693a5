"""The worker's side of a job: claim a chunk, report it once, or give it back."""

import json
from collections.abc import Iterable, Sequence

from shared.domain.chunk import FILE_REFS, ChunkClaim, ChunkOutcome, FileRef
from shared.domain.image import image_id
from shared.domain.job import JobSpec
from shared.domain.worker import HeldLeases, Lease
from shared.ledger import keys, scripts
from shared.ledger.duplicate_reports import MAX_REPORTS
from shared.ledger.leases import LeaseRegistry
from shared.redis import RedisClient
from shared.retry import Retriable

#: Duplicates and unchanged files that a job remembers, of 17 bytes or so. Beyond them, files are
#: read again if the job's indexer dies.
MAX_REMEMBERED = 500_000


class Chunks(Retriable):
    """Pending chunks. A chunk is leased to one worker for as long as that worker is alive."""

    def __init__(self, redis: RedisClient, worker_id: str) -> None:
        self._redis = redis
        self._worker = worker_id
        self._leases = LeaseRegistry()
        self._claim = redis.register_script(scripts.CLAIM_CHUNK)
        self._complete = redis.register_script(scripts.COMPLETE_CHUNK)
        self._release = redis.register_script(scripts.RELEASE_CHUNK)

    def claim(self, job_id: str, chunk_id: str, token: str | None = None) -> ChunkClaim | None:
        """Lease a chunk; None if it is done, paused, cancelled or leased to another worker.

        `token` identifies this call: a repeated call with the same token, as after a lost reply,
        returns the same chunk.
        """
        token = self._leases.open(token)
        try:
            args = [chunk_id, self._worker, token]
            reply = self._repeat(self._claim, keys=keys.for_job(job_id), args=args)
            if not reply[0]:
                self._leases.close(token)
                return None
        except BaseException:
            # It may have been leased all the same: the heartbeat says that it is not held.
            self._leases.close(token)
            raise
        attempt, number = int(reply[3]), int(reply[4])
        self._leases.hold(
            Lease(job=job_id, chunk=chunk_id, token=token, number=number, attempt=attempt)
        )
        return ChunkClaim(
            spec=JobSpec.model_validate_json(reply[1]),
            chunk_id=chunk_id,
            files=FILE_REFS.validate_json(reply[2]),
            attempt=attempt,
            token=token,
        )

    def complete(self, job_id: str, chunk_id: str, outcome: ChunkOutcome) -> bool:
        """Report a chunk. False if it was reported before; then nothing is counted."""
        args = outcome_arguments(chunk_id, outcome)
        try:
            return bool(self._repeat(self._complete, keys=keys.for_job(job_id), args=args))
        finally:
            self._leases.close_chunk(job_id, chunk_id)

    def release(self, job_id: str, chunk_id: str, token: str) -> None:
        """End the lease of a chunk that was not worked on, so that it is sent again."""
        args = [chunk_id, self._worker, token]
        try:
            self._repeat(self._release, keys=keys.for_job(job_id), args=args)
        finally:
            self._leases.close(token)

    def abandon(self, token: str) -> None:
        """Hold a lease no more: recovery ends it after the next heartbeat, as of a lost worker."""
        self._leases.close(token)

    def held(self) -> HeldLeases:
        """The leases that this worker holds, for its heartbeat."""
        return self._leases.held()


def chunk_payload(files: Sequence[FileRef]) -> bytes:
    """A chunk's files as the ledger stores them."""
    return FILE_REFS.dump_json(tuple(files), exclude_none=True)


def outcome_arguments(chunk_id: str, outcome: ChunkOutcome) -> list[object]:
    """The ARGV of COMPLETE_CHUNK: the chunk, its outcome as one JSON object, and ids."""
    failures = outcome.failures
    report = {
        "counts": {
            "indexed": outcome.indexed,
            "unchanged": outcome.unchanged,
            "duplicates": outcome.duplicates,
            "failed": len(failures),
        },
        "moved": outcome.moved,
        "bytes": outcome.bytes,
        "encode_seconds": outcome.encode_seconds,
        # As strings: the script stores them as they are.
        "failures": [failure.model_dump_json() for failure in failures],
        "reports": [report.model_dump_json() for report in outcome.reports],
        "max_reports": MAX_REPORTS,
    }
    ids = [image_id(failure.uri) for failure in failures], outcome.duplicate_ids
    remembered = map(packed_ids, (*ids, outcome.unchanged_ids))
    return [chunk_id, json.dumps(report), *remembered, MAX_REMEMBERED]


def packed_ids(ids: Iterable[str]) -> bytes:
    """Image ids, 16 bytes each, one after the other."""
    return bytes.fromhex("".join(ids))
