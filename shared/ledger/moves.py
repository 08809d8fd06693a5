"""Which rows a job has moved to which files, and the rows that it has replaced meanwhile."""

import base64
import json
from array import array
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shared.domain.image import ImageRow, StoredImage
from shared.ledger import keys, scripts
from shared.ledger.chunks import packed_ids
from shared.redis import RedisClient
from shared.retry import Retriable, repeatable

#: Replaced rows that a job keeps, of about 3 KiB each. Files that take further contents over are
#: encoded again.
MAX_KEPT = 10_000


class MoveRequest(NamedTuple):
    """Files of one content, and the rows of it whose files are gone: both by image id."""

    targets: Sequence[str]
    sources: Sequence[str]


class Moves(Retriable):
    """The moves of each job, for as long as it is active."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._claim = redis.register_script(scripts.CLAIM_MOVES)
        self._find = redis.register_script(scripts.FIND_MOVES)
        self._keep = redis.register_script(scripts.KEEP_ROWS)

    @repeatable
    def claim(self, job_id: str, requests: Sequence[MoveRequest]) -> Mapping[str, str]:
        """Give each target a source of its own; returns sources by target.

        A target for which no source is left is left out. The same target gets the same source
        when its chunk is repeated.
        """
        if not requests:
            return {}
        args = [packed_ids(ids) for request in requests for ids in request]
        given = self._claim(keys=keys.for_job(job_id), args=args)
        return _by_target([target for request in requests for target in request.targets], given)

    @repeatable
    def claimed(self, job_id: str, targets: Sequence[str]) -> Mapping[str, str]:
        """The sources that were given to some of these targets before."""
        if not targets:
            return {}
        given = self._find(keys=keys.for_job(job_id), args=[packed_ids(targets)])
        return _by_target(targets, given)

    @repeatable
    def keep(self, job_id: str, images: Sequence[StoredImage]) -> bool:
        """Keep rows that are about to be replaced, for files that now have their contents.

        False where there is no room for all of them.
        """
        if not images:
            return True
        args: list[object] = [MAX_KEPT]
        for image in images:
            args += [image.row.sha256, image.row.id, _dump(image)]
        return bool(self._keep(keys=keys.for_job(job_id), args=args))

    @repeatable
    def kept(self, job_id: str, sha256s: Sequence[str]) -> Mapping[str, Sequence[StoredImage]]:
        """The kept rows of these contents, by content."""
        key = keys.job(job_id, "displaced")
        found = self._redis.hmget(key, sha256s) if sha256s else []
        ids = [image for row in found if row for image in row.decode().split()]
        kept: dict[str, list[StoredImage]] = {}
        for raw in self._redis.hmget(key, ids) if ids else []:
            image = _load(raw)
            kept.setdefault(image.row.sha256, []).append(image)
        return kept


def _by_target(targets: Sequence[str], given: Sequence[bytes]) -> dict[str, str]:
    pairs = zip(targets, given, strict=True)
    return {target: source.hex() for target, source in pairs if source}


def _dump(image: StoredImage) -> str:
    vector = base64.b64encode(array("f", image.vector).tobytes()).decode()
    return json.dumps([image.row.model_dump(), vector, image.fingerprint])


def _load(raw: bytes) -> StoredImage:
    row, vector, *fingerprint = json.loads(raw)
    numbers = array("f")
    numbers.frombytes(base64.b64decode(vector))
    return StoredImage(ImageRow.model_validate(row), numbers, *fingerprint)
