"""A collection's groups of duplicates, as a job computed them last: paged, shrunk, dismissed."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from heapq import merge

from redis.exceptions import LockError

from shared import cursors
from shared.domain.duplicates import Computed, Dismissal, DuplicateGroup, Grade
from shared.errors import Unavailable, invalid_cursor
from shared.ledger import keys, scripts
from shared.ledger.duplicate_records import HEAD, DismissalRecords, unpack_group
from shared.redis import RedisClient

_READ = 1000
#: Groups of a grade that one call reads for a page.
_PAGE = 200
#: Seconds for which a decision may block another one, and for which that waits.
_LOCK_SECONDS = 60
_WAIT_SECONDS = 5
Place = tuple[int, str]


class DuplicateGroups:
    """Groups of all collections. They stay until they are computed again, or all are resolved."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._dismissals = DismissalRecords(redis)
        self._page = redis.register_script(scripts.PAGE_GROUPS)
        self._shrink = redis.register_script(scripts.SHRINK_GROUP)

    def computed(self, collection: str) -> Computed | None:
        """What a collection's groups are of; None before they were first computed."""
        raw = self._redis.get(keys.duplicates(collection))
        return None if raw is None else Computed.model_validate_json(raw)

    def count(self, collection: str, grades: Sequence[Grade]) -> int:
        """How many groups of these grades there are."""
        return sum(int(self._redis.zcard(keys.duplicates(collection, g))) for g in grades)

    def get(self, collection: str, group: str) -> DuplicateGroup | None:
        """One group."""
        group_id = bytes.fromhex(group)
        record = self._redis.hget(keys.duplicates(collection, "groups"), group_id)
        return None if record is None else unpack_group(group_id, record)

    def after(
        self, collection: str, grades: Sequence[Grade], place: Place | None, least_match: float
    ) -> Iterator[DuplicateGroup]:
        """Groups of these grades from a place on, those of most images first, then by id."""
        found = (self._of_grade(collection, grade, place) for grade in grades)
        for group in merge(*found, key=place_of):
            if group.match >= least_match:
                yield group

    def all(self, collection: str) -> Iterator[DuplicateGroup]:
        """All groups, in no order."""
        rows = self._redis.hscan_iter(keys.duplicates(collection, "groups"), count=_READ)
        return (unpack_group(group, record) for group, record in rows)

    def shrink(self, collection: str, group: str, images: Collection[str]) -> int:
        """Take images out of a group, which goes where fewer than two are left; returns how many.

        It may be repeated.
        """
        return self.shrink_all(collection, {group: images})[0]

    def shrink_all(self, collection: str, images: Mapping[str, Collection[str]]) -> Sequence[int]:
        """Take images out of groups, by the id of each, as `shrink` does."""
        names = [keys.duplicates(collection, "groups"), keys.duplicates(collection)]
        left: list[int] = []
        groups = list(images)
        for start in range(0, len(groups), _READ):
            with self._redis.pipeline(transaction=False) as pipe:
                for group in groups[start : start + _READ]:
                    out = bytes.fromhex("".join(images[group]))
                    args = [bytes.fromhex(group), HEAD, out]
                    self._shrink(keys=names, args=args, client=pipe)
                left += pipe.execute()
        return left

    @contextmanager
    def deciding(self, collection: str) -> Iterator[Callable[[], object]]:
        """Held while one group is decided, so that two decisions do not forget each other's images.

        It lasts a minute from the last call of what it yields, which raises Unavailable where it
        is lost. Raises Unavailable `image_busy`.
        """
        key = keys.duplicates(collection, "deciding")
        try:
            with self._redis.lock(
                key, timeout=_LOCK_SECONDS, blocking_timeout=_WAIT_SECONDS
            ) as lock:
                yield lock.reacquire
        except LockError as error:
            raise _busy() from error

    def dismiss(self, collection: str, generation: str, dismissal: Dismissal) -> None:
        """Remember that images or contents are no duplicates of each other."""
        self._dismissals.add(collection, generation, dismissal)

    def _of_grade(
        self, collection: str, grade: Grade, place: Place | None
    ) -> Iterator[DuplicateGroup]:
        names = [keys.duplicates(collection, grade), keys.duplicates(collection, "groups")]
        while True:
            after = ["", ""] if place is None else [-place[0], bytes.fromhex(place[1])]
            reply = self._page(keys=names, args=[*after, _PAGE])
            pairs = zip(reply[::2], reply[1::2], strict=True)
            groups = [unpack_group(group_id, record) for group_id, record in pairs]
            yield from groups
            if len(groups) < _PAGE:
                return
            place = place_of(groups[-1])


def _busy() -> Unavailable:
    return Unavailable(
        "image_busy",
        "Another group of this collection is being decided. Read the groups again in a few "
        "seconds.",
    )


def place_of(group: DuplicateGroup) -> Place:
    """The place of a group in lists: by size, largest first, then by id."""
    return -len(group.members), group.id


def cursor_after(group: DuplicateGroup) -> str:
    """The cursor of the page that begins after a group."""
    return cursors.encode(*place_of(group))


def place_in(cursor: str) -> Place:
    """The place that a cursor names. Raises InvalidRequest `invalid_cursor`."""
    size, group = cursors.decode(cursor, int, str)
    if len(group) != 32 or not set(group) <= set("0123456789abcdef") or not -(2**32) < size < 0:
        raise invalid_cursor()
    return size, group
