"""A job that finds duplicates makes the right groups."""

import pytest

from indexer.duplicates import neighbourhoods
from shared.domain.duplicates import Computed, Dismissal, DuplicateGroup, Grade, content_key
from shared.domain.image import ImageRow
from shared.ledger import DuplicateGroups
from shared.store import ImageWriter
from tests.integration.alike import Likeness, copies, vectors_of, write_alike
from tests.integration.indexer.loads import Loads
from tests.integration.indexer.scan.duplicate_images import (
    IMAGES,
    SOURCE,
    dismiss,
    expected,
    find,
    found,
)
from tests.orphans import orphans


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
    find(alike, min_match=0.5)
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
    ("hashes", "grade"),
    [
        (("0" * 16, f"{1 << 20:016x}"), "copy"),
        (("0" * 16, "0" * 8 + "7" * 8), "similar"),
        ((None, "0" * 8 + "7" * 8), "copy"),
    ],
)
def test_copies_look_alike_by_the_hashes_of_their_pixels(
    alike: Loads, hashes: tuple[str | None, ...], grade: Grade
) -> None:
    images = copies(0, 0, 20)
    rows = [
        row.model_copy(update={"pixel_hash": pixel_hash})
        for row, pixel_hash in zip(
            write_alike(alike.writer, alike.collection, images), hashes, strict=True
        )
    ]
    alike.writer.upsert(alike.collection, rows, vectors_of(images))
    find(alike)
    groups = found(alike, rows)
    assert groups == {name: {frozenset({0, 1})} if name == grade else set() for name in groups}


def test_dismissed_pairs_do_not_come_back(alike: Loads, rows: list[ImageRow]) -> None:
    equal = Dismissal("images", frozenset({rows[0].id, rows[1].id}))
    contents = frozenset(content_key(row.sha256) for row in rows[3:5])
    dismiss(alike, equal, Dismissal("contents", contents))
    find(alike)
    left = expected()
    left["identical"], left["similar"] = set(), set()
    # Equal files that were set apart are not in one group of a looser grade either.
    first = min((0, 1), key=lambda number: rows[number].id)
    left["copy"] = left["copy"] - {frozenset({0, 1, 2})} | {frozenset({first, 2})}
    assert found(alike, rows) == left


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
    dismiss(alike, Dismissal("images", frozenset(some.images)))
    generation = alike.indexer().stores.collections.identity(alike.collection).generation
    alike.jobs.forget_collection(alike.collection, generation)
    assert not list(alike.redis.scan_iter(f"lookalike:collection:{alike.collection}:*"))
