"""A job that finds duplicates: the right groups, whatever interrupts it."""

from collections.abc import Iterator
from typing import Any

import pytest

from indexer.duplicates import neighbourhoods
from indexer.scan import duplicates
from shared.domain.duplicates import Computed, Dismissal, DuplicateGroup, content_key
from shared.domain.image import ImageRow
from shared.domain.job import DuplicatesSource, Job
from shared.ledger import DuplicateGroups, DuplicateTies
from shared.redis import RedisClient
from shared.settings import Settings
from shared.store import Collections, ImageWriter, Neighbours
from tests.integration.alike import Likeness, collection_of_curves, copies, write_alike
from tests.integration.indexer.loads import Loads
from tests.orphans import orphans

SOURCE = DuplicatesSource()
#: Two of the same bytes, an edit of them; a pair that is similar only; strangers; a chain.
IMAGES = [
    *(Likeness(0, 0, "same") for _ in range(2)),
    *copies(0, 10),
    *copies(1, 0, 33),
    *(image for picture in range(2, 20) for image in copies(picture, 0)),
    *copies(30, 0, 25, 50, 75),
]


@pytest.fixture
def alike(
    settings: Settings, redis: RedisClient, collections: Collections, collection: str
) -> Iterator[Loads]:
    """Jobs on a collection of the bundled weights, which is empty."""
    with collection_of_curves(collections, collection):
        opened = Loads(settings, collection)
        yield opened
        opened.close()


@pytest.fixture
def rows(alike: Loads, monkeypatch: pytest.MonkeyPatch) -> list[ImageRow]:
    """`IMAGES`, which are looked at in batches of six."""
    monkeypatch.setattr(duplicates, "BATCH", 6)
    return write_alike(alike.writer, alike.collection, IMAGES)


def found(loads: Loads, rows: list[ImageRow]) -> dict[str, set[frozenset[int]]]:
    """The groups of each grade, as numbers of rows."""
    numbers = {row.id: n for n, row in enumerate(rows)}
    groups: dict[str, set[frozenset[int]]] = {"identical": set(), "copy": set(), "similar": set()}
    for group in DuplicateGroups(loads.redis).all(loads.collection):
        groups[group.grade].add(frozenset(numbers[image] for image in group.images))
    return groups


def expected() -> dict[str, set[frozenset[int]]]:
    chain = len(IMAGES) - 4
    pairs = {frozenset({chain, chain + 1}), frozenset({chain + 2, chain + 3})}
    return {
        "identical": {frozenset({0, 1})},
        "copy": {frozenset({0, 1, 2}), *pairs},
        "similar": {frozenset({3, 4})},
    }


def find(loads: Loads, **source: Any) -> Job:
    return loads.load(source=DuplicatesSource(**source))


def test_groups_of_each_grade_are_found(alike: Loads, rows: list[ImageRow]) -> None:
    job = find(alike)
    assert (job.status, job.error) == ("done", None)
    assert (job.total, job.done, job.unchanged) == (len(rows),) * 3
    assert found(alike, rows) == expected()
    computed = DuplicateGroups(alike.redis).computed(alike.collection)
    assert computed is not None
    assert (computed.job, computed.images) == (job.spec.id, len(rows))
    assert (computed.copy_match, computed.similar_match) == (0.9, 0.5)
    assert orphans(alike.redis) == []


def test_a_group_has_the_match_of_its_weakest_tie(alike: Loads, rows: list[ImageRow]) -> None:
    find(alike)
    groups = list(DuplicateGroups(alike.redis).all(alike.collection))
    for group in groups:
        low, high = {"identical": (1, 1), "copy": (0.9, 1), "similar": (0.5, 0.9)}[group.grade]
        assert low <= group.match <= high


def test_a_higher_least_match_makes_fewer_copies(alike: Loads, rows: list[ImageRow]) -> None:
    find(alike, min_match=0.97)
    assert found(alike, rows)["copy"] == {frozenset({0, 1, 2})}
    find(alike, min_match=0.3)
    groups = found(alike, rows)
    # Copies are as loose as what is similar then, so that no group is similar only.
    assert frozenset({3, 4}) in groups["copy"]
    assert groups["similar"] == set()


def test_without_a_curve_only_equal_files_are_found(loads: Loads) -> None:
    rows = write_alike(loads.writer, loads.collection, IMAGES)
    job = find(loads)
    assert (job.status, job.done) == ("done", len(rows))
    assert found(loads, rows) == {
        "identical": {frozenset({0, 1})},
        "copy": set(),
        "similar": set(),
    }
    computed = DuplicateGroups(loads.redis).computed(loads.collection)
    assert computed is not None
    assert computed.copy_match is None


def test_many_equal_files_do_not_hide_an_edited_copy(
    alike: Loads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbourhoods, "NEAREST", 8)
    images = [*(Likeness(0, 0, "same") for _ in range(20)), *copies(0, 10)]
    rows = write_alike(alike.writer, alike.collection, images)
    find(alike)
    assert found(alike, rows) == {
        "identical": {frozenset(range(20))},
        "copy": {frozenset(range(21))},
        "similar": set(),
    }


@pytest.mark.parametrize(
    ("owner", "name", "call", "after"),
    [
        (DuplicateTies, "record", 1, False),
        (DuplicateTies, "record", 3, True),
        (Neighbours, "nearest", 2, True),
        (Neighbours, "vectors_of", 1, False),
        (DuplicateTies, "publish", 1, False),
        (DuplicateTies, "publish", 1, True),
    ],
)
def test_an_indexer_that_is_killed_anywhere_is_followed_by_one_that_goes_on(
    alike: Loads,
    rows: list[ImageRow],
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    name: str,
    call: int,
    after: bool,
) -> None:
    method, calls = getattr(owner, name), 0

    def killed(*args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and not after:
            raise SystemExit
        result = method(*args, **named)
        if calls == call:
            raise SystemExit
        return result

    job, first = alike.job(source=SOURCE), alike.indexer()
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, killed)
        with pytest.raises(SystemExit):
            first.scan(job)
    first.die()
    looked = DuplicateTies(alike.redis).looked(job)
    ended = alike.finish(job, alike.indexer())
    assert (ended.status, ended.total, ended.done) == ("done", len(rows), len(rows))
    assert found(alike, rows) == expected()
    if name == "record":
        # What was looked at is not looked at again.
        assert looked.images == 6 * (call - (not after))
    assert orphans(alike.redis) == []


def test_progress_is_counted_against_all_images(
    alike: Loads, rows: list[ImageRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Job] = []
    record = DuplicateTies.record

    def watched(ties: DuplicateTies, job: str, *args: Any) -> None:
        record(ties, job, *args)
        seen.append(alike.jobs.get(job))

    monkeypatch.setattr(DuplicateTies, "record", watched)
    find(alike)
    assert [job.done for job in seen] == [6, 12, 18, 24, len(rows)]
    assert {job.total for job in seen} == {len(rows)}


def test_a_cancelled_job_leaves_the_groups_as_they_were(
    alike: Loads, rows: list[ImageRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    find(alike)
    record = DuplicateTies.record

    def cancel_then(ties: DuplicateTies, job: str, *args: Any) -> None:
        alike.jobs.cancel(job)
        record(ties, job, *args)

    monkeypatch.setattr(DuplicateTies, "record", cancel_then)
    assert find(alike).status == "cancelled"
    assert found(alike, rows) == expected()
    assert orphans(alike.redis) == []


def test_a_lost_write_of_redis_is_found_again(
    alike: Loads, rows: list[ImageRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    record, calls = DuplicateTies.record, 0

    def lost(ties: DuplicateTies, *args: Any) -> None:
        nonlocal calls
        calls += 1
        if calls != 2:
            record(ties, *args)

    monkeypatch.setattr(DuplicateTies, "record", lost)
    assert find(alike).status == "done"
    assert found(alike, rows) == expected()


def test_dismissed_pairs_do_not_come_back(alike: Loads, rows: list[ImageRow]) -> None:
    groups = DuplicateGroups(alike.redis)
    groups.dismiss(alike.collection, Dismissal("images", frozenset({rows[0].id, rows[1].id})))
    contents = frozenset(content_key(row.sha256) for row in rows[3:5])
    groups.dismiss(alike.collection, Dismissal("contents", contents))
    find(alike)
    left = expected()
    left["identical"], left["similar"] = set(), set()
    assert found(alike, rows) == left


def test_a_pair_that_is_dismissed_meanwhile_does_not_come_back(
    alike: Loads, rows: list[ImageRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish, dismissed = DuplicateTies.publish, False

    def dismiss_then(ties: DuplicateTies, *args: Any) -> int:
        nonlocal dismissed
        if not dismissed:
            dismissed = True
            pair = Dismissal("images", frozenset({rows[0].id, rows[1].id}))
            DuplicateGroups(alike.redis).dismiss(alike.collection, pair)
        return publish(ties, *args)

    monkeypatch.setattr(DuplicateTies, "publish", dismiss_then)
    assert find(alike).status == "done"
    assert found(alike, rows)["identical"] == set()


def test_another_collection_of_the_name_is_left_alone(alike: Loads, rows: list[ImageRow]) -> None:
    job = alike.load(source=SOURCE, generation="g0")
    assert job.error is not None
    assert (job.status, job.error.code) == ("failed", "collection_replaced")
    assert found(alike, rows) == {"identical": set(), "copy": set(), "similar": set()}


def test_an_empty_collection_has_no_groups(alike: Loads) -> None:
    assert find(alike).status == "done"
    computed = DuplicateGroups(alike.redis).computed(alike.collection)
    assert isinstance(computed, Computed)
    assert computed.images == 0


def test_groups_go_with_their_collection(
    alike: Loads, rows: list[ImageRow], writer: ImageWriter
) -> None:
    find(alike)
    groups = DuplicateGroups(alike.redis)
    some: DuplicateGroup = next(groups.all(alike.collection))
    groups.dismiss(alike.collection, Dismissal("images", frozenset(some.images)))
    alike.jobs.forget_collection(alike.collection)
    assert not list(alike.redis.scan_iter(f"lookalike:collection:{alike.collection}:*"))
