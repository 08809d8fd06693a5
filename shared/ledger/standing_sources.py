"""The standing sources of collections, and when each is due."""

from collections.abc import Sequence

from shared.domain.standing import StandingSource, StandingState
from shared.errors import Conflict, NotFound, collection_not_found
from shared.ledger import keys, scripts
from shared.log import get_logger
from shared.redis import RedisClient

_log = get_logger(__name__)

#: Standing sources of one collection.
MAX_SOURCES = 100
#: What `put_source.lua` returns where it writes nothing.
_GONE, _TOO_MANY, _CHANGED, _DROPPED = 0, -1, -2, -3
_DUE = 100
#: Seconds until a source that cannot be read is looked at again: a later version may have kept it.
_POSTPONE_SECONDS = 3600.0


class StandingSources:
    """Kept with their collections: dropped with them, and unknown to others of the same name."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._put = redis.register_script(scripts.PUT_SOURCE)
        self._advance = redis.register_script(scripts.ADVANCE_SOURCE)
        self._note_job = redis.register_script(scripts.NOTE_SOURCE_JOB)
        self._release = redis.register_script(scripts.RELEASE_WATCHER)

    def add(self, source: StandingSource, due: float | None) -> None:
        """Keep a new one.

        Raises Conflict `too_many_sources`, NotFound `collection_not_found` if its collection is
        being dropped.
        """
        written = self._write(source, due, must_exist=False)
        if written == _TOO_MANY:
            raise Conflict(
                "too_many_sources", f"A collection has {MAX_SOURCES} standing sources at most."
            )
        if written == _DROPPED:
            raise collection_not_found(source.collection)

    def replace(
        self, source: StandingSource, due: float | None, known: StandingSource | None = None
    ) -> bool:
        """Change one that is there; False if it is not as it was `known` any more.

        Raises NotFound `source_not_found`.
        """
        raw = self._redis.hget(keys.sources(source.collection), source.id)
        if raw is None:
            raise source_not_found(source.id)
        if known is not None and StandingSource.model_validate_json(raw) != known:
            return False
        written = self._write(source, due, must_exist=True, replaces=raw if known else b"")
        if written in (_GONE, _DROPPED):
            raise source_not_found(source.id)
        return written != _CHANGED

    def list(self, collection: str, generation: str) -> Sequence[StandingState]:
        """All of a collection, the oldest first."""
        raw = self._redis.hgetall(keys.sources(collection))
        found = [StandingSource.model_validate_json(text) for text in raw.values()]
        sources = [source for source in found if source.generation == generation]
        return [self._state(each) for each in sorted(sources, key=lambda s: (s.created_at, s.id))]

    def get(self, collection: str, generation: str, source_id: str) -> StandingState:
        """Raises NotFound `source_not_found`."""
        source = self._find(collection, source_id)
        if source is None or source.generation != generation:
            raise source_not_found(source_id)
        return self._state(source)

    def watched(self) -> Sequence[StandingSource]:
        """Those that are to be watched, of all collections; what cannot be read is left out."""
        names = [name.decode().split(" ") for name in self._redis.smembers(keys.WATCHED)]
        found = []
        for collection, source_id in names:
            try:
                source = self._find(collection, source_id)
            except ValueError as error:
                _log.debug("standing_source_unreadable", source=source_id, error=str(error)[:200])
                continue
            if source is not None:
                found.append(source)
        return found

    def may_watch(self, indexer_id: str, seconds: int) -> bool:
        """Whether this indexer is the one that watches, for so long: one of all does at a time."""
        if self._redis.set(keys.WATCHER, indexer_id, nx=True, ex=seconds):
            return True
        if self._redis.get(keys.WATCHER) != indexer_id.encode():
            return False
        return bool(self._redis.expire(keys.WATCHER, seconds))

    def stop_watching(self, indexer_id: str) -> None:
        """Let another indexer watch at once, if it was this one."""
        self._release(keys=[keys.WATCHER], args=[indexer_id])

    def remove(self, collection: str, source_id: str) -> None:
        """Forget one, if it is there."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hdel(keys.sources(collection), source_id)
            pipe.hdel(keys.source_jobs(collection), source_id)
            pipe.zrem(keys.SCHEDULE, _name(collection, source_id))
            pipe.srem(keys.WATCHED, _name(collection, source_id))
            pipe.execute()

    def forget_collection(self, collection: str, generation: str) -> None:
        """Forget those of a collection that is being dropped."""
        for raw in self._redis.hvals(keys.sources(collection)):
            source = StandingSource.model_validate_json(raw)
            if source.generation == generation:
                self.remove(collection, source.id)

    def due(self, now: float) -> Sequence[tuple[StandingSource, float]]:
        """Some of those whose next run is due, and since when; what cannot be read is put off."""
        found = []
        names = self._redis.zrangebyscore(
            keys.SCHEDULE, "-inf", now, start=0, num=_DUE, withscores=True
        )
        for raw, due in names:
            collection, _, source_id = raw.decode().partition(" ")
            try:
                source = self._find(collection, source_id)
            except ValueError as error:
                _log.error("standing_source_unreadable", source=source_id, error=str(error)[:200])
                following = repr(now + _POSTPONE_SECONDS)
                self._advance(keys=[keys.SCHEDULE], args=[raw, repr(float(due)), following])
                continue
            if source is None or source.cron is None:
                self._redis.zrem(keys.SCHEDULE, raw)
            else:
                found.append((source, float(due)))
        return found

    def advance(self, source: StandingSource, due: float, following: float) -> bool:
        """Say that a run was seen to; False if it was before."""
        args = [_name(source.collection, source.id), repr(due), repr(following)]
        return bool(self._advance(keys=[keys.SCHEDULE], args=args))

    def note_job(self, source: StandingSource, job_id: str) -> None:
        """Note the job that loads a source, if the source is still there."""
        names = [keys.sources(source.collection), keys.source_jobs(source.collection)]
        self._note_job(keys=names, args=[source.id, job_id])

    def last_job(self, source: StandingSource) -> str | None:
        """The job that loaded a source last."""
        raw = self._redis.hget(keys.source_jobs(source.collection), source.id)
        return raw.decode() if raw else None

    def _write(
        self,
        source: StandingSource,
        due: float | None,
        *,
        must_exist: bool,
        replaces: bytes = b"",
    ) -> int:
        args = [
            source.id,
            source.model_dump_json(),
            _name(source.collection, source.id),
            "" if due is None else repr(due),
            "1" if must_exist else "0",
            MAX_SOURCES,
            "1" if source.watch and not source.paused else "0",
            replaces,
            source.collection,
            source.generation,
        ]
        names = [keys.sources(source.collection), keys.SCHEDULE, keys.WATCHED, keys.DROPS]
        return int(self._put(keys=names, args=args))

    def _find(self, collection: str, source_id: str) -> StandingSource | None:
        raw = self._redis.hget(keys.sources(collection), source_id)
        return StandingSource.model_validate_json(raw) if raw else None

    def _state(self, source: StandingSource) -> StandingState:
        due = self._redis.zscore(keys.SCHEDULE, _name(source.collection, source.id))
        return StandingState(source, self.last_job(source), due)


def source_not_found(source_id: str) -> NotFound:
    return NotFound("source_not_found", f"The collection has no source {source_id!r}.")


def _name(collection: str, source_id: str) -> str:
    return f"{collection} {source_id}"
