"""Loads whose tags or metadata do not fit beside an image's own: refused, never dropped."""

import os
from typing import Any

import pytest

from shared.domain.image import MAX_METADATA_BYTES, MAX_TAGS
from shared.domain.job import Job
from shared.domain.labels import LabelChange
from tests.integration.encoder_worker.chunks.test_labels import put_upload, work
from tests.integration.encoder_worker.conftest import Drawn
from tests.integration.encoder_worker.load import Load
from tests.integration.gateway.client import Client

MANY = tuple(f"tag {n}" for n in range(60))
MORE = tuple(f"more {n}" for n in range(5))
#: A little more than half of what a row can hold.
TEXT = "\u6f22" * (MAX_METADATA_BYTES // 6)


def refused(load: Load, job: Job) -> set[str]:
    """The names of files that were refused for their labels; no file failed otherwise."""
    failures = load.failures(job)
    assert {failure.code for failure in failures.values()} <= {"labels_too_large"}
    assert len(failures) == job.failed
    assert (job.status, job.done) == ("done", job.total)
    return set(failures)


@pytest.mark.parametrize(
    ("before", "added"),
    [
        ({"tags": MANY}, {"tags": MORE}),
        ({"metadata": {"a": TEXT}}, {"metadata": {"b": TEXT}}),
    ],
)
def test_a_file_whose_labels_do_not_fit_keeps_its_row(
    load: Load, drawn: Drawn, before: dict[str, Any], added: dict[str, Any]
) -> None:
    touched, changed = drawn(1), drawn(2)
    load.run(touched, changed, **before)
    rows, vectors = load.rows(touched, changed), [load.vector(touched), load.vector(changed)]
    os.utime(touched, ns=(5, 5))
    drawn(3, changed.name)
    other = drawn(4)

    job = load.run(touched, changed, other, **added)

    assert refused(load, job) == {touched.name, changed.name}
    assert (job.total, job.indexed, job.unchanged, job.failed) == (3, 1, 0, 2)
    assert load.rows(touched, changed) == rows
    assert [load.vector(touched), load.vector(changed)] == vectors
    assert load.row(other).job == job.spec.id
    # With fewer of them it is loaded like any other.
    assert load.run(touched, changed, tags=("one",)).failed == 0
    assert "one" in load.row(changed).tags


def test_as_many_as_fit_are_added(load: Load, drawn: Drawn) -> None:
    path = drawn(1)
    load.run(path, tags=MANY)
    os.utime(path, ns=(5, 5))
    job = load.run(path, tags=(*MANY[:3], *MORE[:4]))
    assert (job.unchanged, job.failed) == (1, 0)
    assert load.row(path).tags == (*MANY, *MORE[:4])
    assert len(load.row(path).tags) == MAX_TAGS


@pytest.mark.parametrize("on_duplicate", ["skip", "keep"])
def test_a_renamed_file_whose_labels_do_not_fit_takes_its_row_along(
    load: Load, drawn: Drawn, on_duplicate: str
) -> None:
    """Left under the old name the row would be forgotten by the next `sync`."""
    old, other = drawn(1), drawn(2)
    load.run(old, tags=MANY)
    row, vector = load.row(old), load.vector(old)
    new = old.rename(old.with_name("new.jpg"))

    for _ in range(2):
        job = load.run(new, other, tags=MORE, on_duplicate=on_duplicate)

        assert refused(load, job) == {new.name}
        assert (job.total, job.unchanged, job.moved, job.failed) == (2, job.unchanged, 0, 1)
        place = {"id": load.ref(new).id, "uri": load.ref(new).uri}
        assert load.row(new) == row.model_copy(update=place)
        assert load.vector(new) == vector
        assert load.collections.count(load.collection) == 2


def test_files_that_exchange_names_lose_nothing(load: Load, drawn: Drawn) -> None:
    """One may have the load's tags too, the other not."""
    one, two = drawn(1), drawn(2)
    load.run(one, tags=MANY)
    load.run(two, tags=("few",))
    rows, vector = load.rows(one, two), load.vector(one)
    kept = one.rename(one.with_name("kept"))
    two.rename(one)
    kept.rename(two)

    job = load.run(one, two, tags=MORE, on_duplicate="skip")

    assert refused(load, job) == {two.name}
    assert (job.total, job.unchanged, job.moved) == (2, 1, 1)
    assert [row.sha256 for row in rows if row] == [load.row(two).sha256, load.row(one).sha256]
    assert load.row(two).tags == MANY
    assert load.vector(two) == vector
    assert load.row(one).tags == ("few", *MORE)


def test_a_known_picture_that_is_uploaded_with_too_many_tags(load: Load) -> None:
    ref = put_upload(load, 1)
    load.run(ref, uploads=1, tags=MANY)
    row = load.row(ref)
    job = load.run(ref, uploads=1, tags=MORE)
    assert refused(load, job) == {ref.uri.rpartition("/")[2]}
    assert load.row(ref) == row


def test_an_image_that_gets_its_tags_while_it_is_loaded(
    load: Load, drawn: Drawn, client: Client
) -> None:
    """It had room for the load's when the chunk read it."""
    path = drawn(1)
    load.run(path)
    drawn(2, "1.jpg")

    def give_tags() -> None:
        client.labels.update(load.collection, load.row(path).id, LabelChange(tags=MANY))

    job = load.jobs.get(work(load, [path], give_tags, tags=MORE))

    assert refused(load, job) == {path.name}
    assert load.row(path).tags == MANY


def test_a_chunk_that_is_lost_after_its_rows_were_moved_counts_the_same(
    load: Load, drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = drawn(1)
    load.run(old, tags=MANY)
    new = old.rename(old.with_name("new.jpg"))
    job_id, (chunk,) = load.job([new], tags=MORE, on_duplicate="skip")

    class Lost(BaseException):
        """The worker's end."""

    def lose(*_: Any) -> None:
        raise Lost

    worker = load.worker(name="lost")
    with monkeypatch.context() as patched:
        patched.setattr(type(worker), "_report", lose)
        with pytest.raises(Lost):
            worker.work(job_id, chunk)
    load.redis.delete("lookalike:worker:lost")
    load.worker().work(job_id, chunk)

    job = load.jobs.get(job_id)
    assert refused(load, job) == {new.name}
    assert (job.total, job.unchanged, job.moved, job.indexed) == (1, 0, 0, 0)
    assert load.row(new).tags == MANY
    assert load.collections.count(load.collection) == 1
