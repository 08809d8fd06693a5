"""Collections that are being renamed, what is kept by their names, and the names that they had."""

import asyncio
import json
from collections.abc import Mapping, Sequence

from shared.domain.collection import CollectionIdentity
from shared.domain.renaming import Renaming, collection_busy
from shared.errors import Conflict, Unavailable
from shared.ledger import keys, scripts
from shared.redis import AsyncRedisClient, RedisClient, seconds

#: Seconds that a renaming has before another gateway finishes it.
_PATIENCE_SECONDS = 30.0
_TAKEN_SECONDS = 120
_BATCH = 200
#: What a call waits to learn whether a name is an alias, before it goes on without.
_ALIAS_SECONDS = 1.0


class Renamings:
    """No job of a collection begins while it is being renamed, by either of its names."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._begin = redis.register_script(scripts.BEGIN_RENAMING)
        self._end = redis.register_script(scripts.END_RENAMING)

    def begin(self, target: CollectionIdentity, new: str, *, keep_alias: bool) -> Renaming:
        """Note a renaming. Raises Conflict `collection_busy`, `collection_exists`."""
        renaming = Renaming(
            old=target.name,
            new=new,
            generation=target.generation,
            keep_alias=keep_alias,
            since=seconds(self._redis.time()),
        )
        args = [renaming.old, new, renaming.model_dump_json()]
        reply = self._begin(keys=[keys.RENAMINGS, keys.DROPS, keys.ALIASES], args=args)
        if reply == 0:
            raise collection_busy("It is being renamed or dropped.")
        if reply == -1:
            raise Conflict("collection_exists", f"{new!r} is an alias of another collection.")
        return renaming

    def withdraw(self, renaming: Renaming) -> None:
        """Note that it is not renamed after all."""
        self._redis.hdel(keys.RENAMINGS, renaming.old, renaming.new)

    def end(self, renaming: Renaming) -> None:
        """Move what is kept by the old name, and allow jobs again. May be repeated."""
        old, new = renaming.old, renaming.new
        self._rename_in_jobs(old, new)
        self._rename_in_sources(old, new)
        moved = [
            *zip(keys.of_collection(old), keys.of_collection(new), strict=True),
            (keys.collection_jobs(old), keys.collection_jobs(new)),
            (keys.sources(old), keys.sources(new)),
            (keys.source_jobs(old), keys.source_jobs(new)),
            (
                keys.dismissed(old, renaming.generation),
                keys.dismissed(new, renaming.generation),
            ),
        ]
        names = [keys.RENAMINGS, keys.ALIASES, *(name for pair in moved for name in pair)]
        kept = "1" if renaming.keep_alias else "0"
        self._end(keys=names, args=[old, new, renaming.model_dump_json(), kept])

    def take_interrupted(self) -> Sequence[Renaming]:
        """Those that began half a minute ago or earlier, for this caller alone to finish."""
        raw: Mapping[bytes, bytes] = self._redis.hgetall(keys.RENAMINGS)
        old = seconds(self._redis.time()) - _PATIENCE_SECONDS if raw else 0.0
        found = {Renaming.model_validate_json(text) for text in raw.values()}
        return [
            renaming
            for renaming in found
            if renaming.since < old
            and self._redis.set(f"{keys.RENAMINGS}:{renaming.old}", 1, nx=True, ex=_TAKEN_SECONDS)
        ]

    def require_settled(self, name: str) -> None:
        """Raise Conflict `collection_busy` where no job of this name can be begun.

        It is that of a collection that is being renamed, old or new, or one that it had.
        """
        if self._redis.hexists(keys.RENAMINGS, name) or self.is_alias(name):
            raise collection_busy("It is being renamed, or was.")

    def is_alias(self, name: str) -> bool:
        """Whether a name is one that a collection had."""
        return bool(self._redis.hexists(keys.ALIASES, name))

    def aliases(self) -> Mapping[str, Sequence[str]]:
        """The aliases of collections, by their names."""
        found: dict[str, list[str]] = {}
        raw: Mapping[bytes, bytes] = self._redis.hgetall(keys.ALIASES)
        for alias, name in sorted(raw.items()):
            found.setdefault(name.decode(), []).append(alias.decode())
        return found

    def forget_alias(self, alias: str) -> bool:
        """Forget an alias; False where there is none."""
        return bool(self._redis.hdel(keys.ALIASES, alias))

    def forget_aliases_of(self, name: str) -> None:
        """Forget the aliases of a collection that is being dropped."""
        if found := self.aliases().get(name):
            self._redis.hdel(keys.ALIASES, *found)

    def _rename_in_jobs(self, old: str, new: str) -> None:
        """Let jobs, all of which have ended, say the new name: their failures may be retried."""
        members = self._redis.zrange(keys.collection_jobs(old), 0, -1)
        jobs = [keys.job(member.decode()) for member in members]
        for start in range(0, len(jobs), _BATCH):
            batch = jobs[start : start + _BATCH]
            with self._redis.pipeline(transaction=False) as pipe:
                for job in batch:
                    pipe.hget(job, "spec")
                specs = pipe.execute()
                for job, spec in zip(batch, specs, strict=True):
                    # A job that has expired must not come back.
                    if spec is not None and self._redis.exists(job):
                        pipe.hset(job, "spec", _renamed(spec, new))
                pipe.execute()

    def _rename_in_sources(self, old: str, new: str) -> None:
        for source_id, raw in self._redis.hgetall(keys.sources(old)).items():
            before, after = (f"{name} {source_id.decode()}" for name in (old, new))
            due = self._redis.zscore(keys.SCHEDULE, before)
            watched = self._redis.sismember(keys.WATCHED, before)
            with self._redis.pipeline(transaction=True) as pipe:
                pipe.hset(keys.sources(new), source_id, _renamed(raw, new))
                pipe.hdel(keys.sources(old), source_id)
                pipe.zrem(keys.SCHEDULE, before)
                pipe.srem(keys.WATCHED, before)
                if due is not None:
                    pipe.zadd(keys.SCHEDULE, {after: due})
                if watched:
                    pipe.sadd(keys.WATCHED, after)
                pipe.execute()


class Aliases:
    """The aliases of collections, for an event loop: asked before each call."""

    def __init__(self, redis: AsyncRedisClient) -> None:
        self._redis = redis

    async def resolve(self, name: str) -> str:
        """The collection that a name is an alias of, or the name.

        While Redis is away, or does not answer within a second, no alias is known.
        """
        for _ in range(2):  # The first may meet a connection that a restart has cut.
            try:
                async with asyncio.timeout(_ALIAS_SECONDS):
                    found = await self._redis.hget(keys.ALIASES, name)
            except TimeoutError:
                break
            except Unavailable:
                continue
            else:
                return name if found is None else found.decode()
        return name


def _renamed(raw: bytes, new: str) -> str:
    return json.dumps({**json.loads(raw), "collection": new})
