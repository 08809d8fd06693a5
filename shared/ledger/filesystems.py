"""The file systems that a collection's directories were on when they were last loaded."""

import json
from collections.abc import Iterable, Mapping

from shared.domain.job import JobSpec
from shared.ledger import keys, scripts
from shared.redis import RedisClient
from shared.retry import Retriable, repeatable


class Filesystems(Retriable):
    """Uris of directories, and what `shared.files.filesystems.filesystem_of` said of each."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._note = redis.register_script(scripts.NOTE_ONCE)
        self._record = redis.register_script(scripts.RECORD_FILESYSTEMS)

    @repeatable
    def recorded(self, collection: str) -> Mapping[str, str]:
        """All that is recorded of a collection."""
        raw = self._redis.hgetall(keys.filesystems(collection))
        return {uri.decode(): found.decode() for uri, found in raw.items()}

    @repeatable
    def begin(self, job_id: str, collection: str) -> None:
        """Note with a job what is recorded now, before its load records what it finds."""
        recorded = json.dumps(dict(self.recorded(collection)))
        self._note(keys=keys.for_job(job_id), args=["filesystems", recorded])

    @repeatable
    def before(self, job_id: str, collection: str) -> Mapping[str, str]:
        """What was recorded when a job began; what is recorded now if the job has noted nothing."""
        raw = self._redis.hget(keys.job(job_id), "filesystems")
        if raw is None:
            return self.recorded(collection)
        noted: dict[str, str] = json.loads(raw)
        return noted

    @repeatable
    def record(self, spec: JobSpec, found: Mapping[str, str], stale: Iterable[str]) -> None:
        """Record what an active job found, and drop what is no mount point any more."""
        args = [spec.collection, json.dumps(dict(found)), json.dumps(list(stale))]
        self._record(keys=keys.for_job(spec.id), args=args)
