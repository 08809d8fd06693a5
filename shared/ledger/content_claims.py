"""Which chunk may write a content now, where jobs leave out duplicates."""

from collections.abc import Collection

from shared.ledger import keys, scripts
from shared.ledger.jobs import JobEnded
from shared.redis import RedisClient
from shared.retry import Retriable, repeatable


class ContentClaims(Retriable):
    """Claims of contents by chunks, over all jobs of a collection.

    A claim is held from before a chunk asks the collection for a content until its rows are
    written, and is void once its chunk is reported or cannot be any more; no time-out ends it.
    Whoever gets the claim next therefore finds the row, if there is one.
    """

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._claim = redis.register_script(scripts.CLAIM_CONTENTS)
        self._release = redis.register_script(scripts.RELEASE_CONTENTS)

    @repeatable
    def claim(
        self, collection: str, job_id: str, chunk_id: str, sha256s: Collection[str]
    ) -> set[str]:
        """Claim contents for a chunk; returns those that it holds now.

        The others are held by chunks in work. Raises JobEnded if the job has ended, or the chunk
        was reported by another worker.
        """
        wanted = sorted(sha256s)
        args = [collection, chunk_id, *wanted]
        reply = self._claim(keys=keys.for_job(job_id), args=args)
        if reply is None:
            raise JobEnded
        return {sha256 for sha256, held in zip(wanted, reply, strict=True) if held}

    @repeatable
    def release(
        self, collection: str, job_id: str, chunk_id: str, sha256s: Collection[str]
    ) -> None:
        """End a chunk's claims of contents, once their rows are written."""
        if sha256s:
            args = [collection, chunk_id, *sorted(sha256s)]
            self._release(keys=keys.for_job(job_id), args=args)
