"""Groups of duplicates in the ledger: paged by size, shrunk, and small."""

import random
import uuid
from collections.abc import Sequence

import pytest

from shared import cursors
from shared.domain.duplicates import GRADES, Computed, Dismissal, DuplicateGroup, Grade, Member
from shared.domain.job import DuplicatesSource, JobSpec
from shared.errors import InvalidRequest, Unavailable
from shared.ledger import (
    DismissalsChanged,
    DuplicateGroups,
    DuplicateTies,
    Jobs,
    Scans,
    ScanSuperseded,
    cursor_after,
    duplicate_groups,
    keys,
    place_in,
)
from shared.ledger.duplicate_groups import place_of
from shared.redis import RedisClient
from shared.settings import Settings

COMPUTED = Computed(job="j", generation="g", computed_at=0.0, images=1)


def groups_of(count: int, seed: int = 1) -> list[DuplicateGroup]:
    """Groups of two to five images, two mostly."""
    drawn = random.Random(seed)
    made = []
    for number in range(count):
        size = drawn.choices((2, 3, 4, 5), (80, 10, 5, 5))[0]
        members = [
            Member(drawn.randbytes(16).hex(), drawn.randbytes(16).hex()) for _ in range(size)
        ]
        grade: Grade = GRADES[number % 3]
        made.append(DuplicateGroup.of(grade, round(drawn.random(), 6), members))
    return made


class Published:
    """A job of one collection, and what it publishes."""

    def __init__(self, redis: RedisClient, settings: Settings) -> None:
        self.redis, self.jobs = redis, Jobs(redis, settings)
        self.ties, self.groups = DuplicateTies(redis), DuplicateGroups(redis)
        self.scans = Scans(redis, "indexer")

    def publish(self, groups: Sequence[DuplicateGroup]) -> None:
        job = uuid.uuid4().hex
        source = DuplicatesSource()
        self.jobs.create(JobSpec(id=job, collection="c", source=source, created_at=0.0))
        start = self.scans.begin(job)
        assert start is not None
        self.ties.publish(job, start.generation, "c", COMPUTED, groups, 0)


@pytest.fixture
def published(redis: RedisClient, settings: Settings) -> Published:
    return Published(redis, settings)


def test_ten_thousand_groups_are_paged_in_order_and_take_two_megabytes_or_three(
    published: Published,
) -> None:
    made = groups_of(10_000)
    published.publish(made)
    expected = sorted(made, key=place_of)
    seen: list[DuplicateGroup] = []
    place = None
    while page := _take(published, place, 700):
        seen += page
        place = place_in(cursor_after(page[-1]))
    assert seen == expected
    parts = ("groups", *GRADES)
    sizes = [
        published.redis.memory_usage(f"lookalike:collection:c:duplicates:{part}", samples=0)
        for part in parts
    ]
    assert sum(sizes) < 4_000_000


def _take(published: Published, place: tuple[int, str] | None, count: int) -> list[DuplicateGroup]:
    found = published.groups.after("c", GRADES, place, 0.0)
    return [group for group, _ in zip(found, range(count), strict=False)]


def test_a_grade_and_a_least_match_narrow_the_list(published: Published) -> None:
    made = groups_of(60)
    published.publish(made)
    found = list(published.groups.after("c", ("copy",), None, 0.5))
    wanted = [group for group in made if group.grade == "copy" and group.match >= 0.5]
    assert found == sorted(wanted, key=place_of)
    assert published.groups.count("c", ("copy",)) == 20


def test_groups_replace_the_earlier_ones(published: Published) -> None:
    published.publish(groups_of(5, seed=1))
    published.publish(groups_of(3, seed=2))
    assert sorted(published.groups.all("c")) == sorted(groups_of(3, seed=2))
    published.publish([])
    assert list(published.groups.all("c")) == []
    assert published.groups.computed("c") == COMPUTED


def test_a_group_shrinks_to_another_place_and_goes(published: Published) -> None:
    (group,) = [one for one in groups_of(60) if len(one.members) == 5][:1]
    published.publish([group])
    first, second, *rest = group.images
    for _ in range(2):  # A repeated call changes nothing.
        assert published.groups.shrink("c", group.id, [first, second]) == 3
    (left,) = _take(published, (-5, group.id), 10)
    assert left == group._replace(members=group.members[2:])
    assert published.groups.shrink("c", group.id, rest[:2]) == 0
    assert published.groups.get("c", group.id) is None
    assert published.groups.count("c", GRADES) == 0
    assert published.groups.shrink("c", group.id, rest) == 0


def test_an_older_try_of_a_job_publishes_nothing(published: Published) -> None:
    job = uuid.uuid4().hex
    source = DuplicatesSource()
    published.jobs.create(JobSpec(id=job, collection="c", source=source, created_at=0.0))
    published.scans.begin(job)
    published.scans.begin(job)
    with pytest.raises(ScanSuperseded):
        published.ties.publish(job, 1, "c", COMPUTED, groups_of(2), 0)
    with pytest.raises(DismissalsChanged):
        published.ties.publish(job, 2, "c", COMPUTED, groups_of(2), dismissals=1)
    assert published.groups.computed("c") is None


def test_dismissals_go_with_their_collection_and_not_with_a_later_one(published: Published) -> None:
    old, new = (Dismissal("images", frozenset({digit * 32, "f" * 32})) for digit in "ab")
    published.groups.dismiss("c", "g1", old)
    # Made again under the name, with a job, before the drop has come to the ledger.
    spec = JobSpec(
        id="j2", collection="c", generation="g2", source=DuplicatesSource(), created_at=0.0
    )
    published.jobs.create(spec)
    published.groups.dismiss("c", "g2", new)
    published.jobs.forget_collection("c", "g1")
    assert published.ties.dismissals("c", "g1") == []
    assert published.ties.dismissals("c", "g2") == [new]


def test_one_group_of_a_collection_is_decided_at_a_time(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicate_groups, "_WAIT_SECONDS", 0.1)
    groups = published.groups
    with groups.deciding("c") as still, groups.deciding("other"):
        still()
        with pytest.raises(Unavailable), groups.deciding("c"):
            pass
        still()
    with groups.deciding("c"):
        pass

    def lose_it() -> None:
        with groups.deciding("c") as still:
            published.redis.delete(keys.duplicates("c", "deciding"))
            still()

    with pytest.raises(Unavailable):
        lose_it()


@pytest.mark.parametrize(
    "position", [(0, "0" * 32), (-2, "0"), (-2, "Z" * 32), (-(2**40), "0" * 32)]
)
def test_a_cursor_that_was_never_given_is_refused(position: tuple[int, str]) -> None:
    with pytest.raises(InvalidRequest):
        place_in(cursors.encode(*position))
