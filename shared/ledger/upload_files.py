"""Uploaded files that nothing refers to any more, or that something still does."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from shared.domain.chunk import FILE_REFS
from shared.files.uris import UPLOAD_SCHEME
from shared.ledger import keys
from shared.ledger.jobs import Jobs
from shared.ledger.scans import Scans
from shared.redis import RedisClient
from shared.retry import Retriable, repeatable

_PAGE = 500
_LEASE_SECONDS = 120


class UploadFiles(Retriable):
    """What the ledger knows of uploaded files. Only a gateway deletes them."""

    def __init__(self, redis: RedisClient, jobs: Jobs) -> None:
        self._redis = redis
        self._jobs = jobs
        self._holder = uuid.uuid4().hex

    @repeatable
    def add_deleted(self, collection: str, uris: Iterable[str]) -> None:
        """Note the uploads among images whose rows are about to be deleted."""
        members = [f"{collection} {uri}" for uri in uris if uri.startswith(UPLOAD_SCHEME)]
        if members:
            self._redis.sadd(keys.DELETED_UPLOADS, *members)

    def deleted(self) -> Sequence[tuple[str, str]]:
        """Some of them, as collection and uri."""
        found = self._redis.srandmember(keys.DELETED_UPLOADS, _PAGE)
        return [_split(member) for member in found]

    def forget_deleted(self, collection: str, uri: str) -> None:
        """Forget one: its file is gone, or has a row."""
        self._redis.srem(keys.DELETED_UPLOADS, f"{collection} {uri}")

    def in_use(self, collection: str) -> set[str]:
        """The uris of uploads that jobs have still to index, or may be asked to try again."""
        return {uri for uri in self._wanted(collection) if uri.startswith(UPLOAD_SCHEME)}

    def may_sweep(self) -> bool:
        """Whether no other gateway looks for unwanted files at this time."""
        if self._redis.set(keys.UPLOAD_SWEEP, self._holder, nx=True, ex=_LEASE_SECONDS):
            return True
        return self._is_sweeping() and bool(self._redis.expire(keys.UPLOAD_SWEEP, _LEASE_SECONDS))

    def end_sweep(self) -> None:
        """Let other gateways look for them."""
        if self._is_sweeping():
            self._redis.delete(keys.UPLOAD_SWEEP)

    def _is_sweeping(self) -> bool:
        return bool(self._redis.get(keys.UPLOAD_SWEEP) == self._holder.encode())

    def _wanted(self, collection: str) -> Iterator[str]:
        cursor: str | None = None
        scans = Scans(self._redis, "")
        while True:
            page, cursor = self._jobs.list(collection, None, cursor, _PAGE)
            for job in page:
                if job.spec.source.kind not in ("upload", "retry", "urls"):
                    continue
                if not job.finished:
                    # Pictures that were fetched are in its chunks alone.
                    for payload in self._redis.hvals(keys.job(job.spec.id, "chunks")):
                        yield from (file.uri for file in FILE_REFS.validate_json(payload))
                    for start in count(0, _PAGE):
                        files = scans.files(job.spec.id, start, _PAGE)
                        yield from (file.uri for file in files)
                        if len(files) < _PAGE:
                            break
                # After its files, and though it had no failure: it may have ended meanwhile.
                if job.failed or not job.finished:
                    yield from (failure.uri for failure in self._jobs.iter_failures(job.spec.id))
            if cursor is None:
                return


def _split(member: bytes) -> tuple[str, str]:
    collection, _, uri = member.decode().partition(" ")
    return collection, uri
