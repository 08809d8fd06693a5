"""A job that deletes the images of a filter: exact, whatever interrupts it."""

from typing import Any

import pytest

from indexer.scan import deletion
from shared.domain.filter import Filter
from shared.domain.image import ImageFilter, ImageRow
from shared.domain.job import DeletionSource
from shared.ledger import Scans, UploadFiles
from shared.store import Images, ImageWriter
from tests.integration.indexer.loads import Loads, upload_ref
from tests.integration.shared.store.samples import make_row, make_vectors

SOURCE = DeletionSource(tag="even")


@pytest.fixture
def rows(loads: Loads, monkeypatch: pytest.MonkeyPatch) -> list[ImageRow]:
    """Twenty rows, ten of which are tagged, to be deleted three at a time."""
    monkeypatch.setattr(deletion, "BATCH", 3)
    made = [make_row(n) for n in range(20)]
    loads.writer.upsert(loads.collection, made, make_vectors(20))
    return made


def left(loads: Loads) -> set[str]:
    batches = list(Images(loads.milvus).iterate(loads.collection, ImageFilter()))
    return {row.id for batch in batches for row in batch}


def odd(rows: list[ImageRow]) -> set[str]:
    return {row.id for row in rows if "even" not in row.tags}


def test_what_matches_is_deleted_and_counted(loads: Loads, rows: list[ImageRow]) -> None:
    job = loads.load(source=SOURCE)
    assert (job.status, job.removed, job.total, job.done) == ("done", 10, 0, 0)
    assert left(loads) == odd(rows)
    assert loads.load(source=SOURCE).removed == 0


def test_what_a_filter_names_is_deleted(loads: Loads, rows: list[ImageRow]) -> None:
    given = {
        "must": [{"field": "metadata.index", "range": {"gte": 5}}],
        "must_not": [{"field": "tags", "any": ["even"]}, {"folder": "/photos/1"}],
    }
    source = DeletionSource(filter=Filter.model_validate(given))
    expected = {
        row.id
        for n, row in enumerate(rows)
        if n >= 5 and n % 2 and not row.uri.startswith("file:///photos/1/")
    }
    assert loads.load(source=source).removed == len(expected) == 5
    assert left(loads) == {row.id for row in rows} - expected


@pytest.mark.parametrize("call", range(1, 5))
@pytest.mark.parametrize(
    ("owner", "name"),
    [(Scans, "begin_removal"), (ImageWriter, "delete"), (Scans, "end_removal")],
)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_an_indexer_that_is_killed_anywhere_counts_each_once(
    loads: Loads,
    rows: list[ImageRow],
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    name: str,
    call: int,
    after: bool,
) -> None:
    method, calls = getattr(owner, name), 0

    def killed(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and not after:
            raise SystemExit
        result = method(*args, **options)
        if calls == call:
            raise SystemExit
        return result

    job, first = loads.job(source=SOURCE), loads.indexer()
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, killed)
        with pytest.raises(SystemExit):
            first.scan(job)
    first.die()
    ended = loads.finish(job, loads.indexer())
    assert (ended.status, ended.removed) == ("done", 10)
    assert left(loads) == odd(rows)


def test_an_image_that_no_longer_matches_stays(
    loads: Loads, rows: list[ImageRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    spared = rows[0]
    begin = Scans.begin_removal

    def change_then(scans: Scans, job: str, generation: int, ids: list[str]) -> None:
        if spared.id in ids:
            Images(loads.milvus).update(loads.collection, spared.id, tags=["mine"])
        begin(scans, job, generation, ids)

    monkeypatch.setattr(Scans, "begin_removal", change_then)
    job = loads.load(source=SOURCE)
    assert (job.status, job.removed) == ("done", 9)
    assert left(loads) == odd(rows) | {spared.id}


def test_a_cancelled_deletion_stops(
    loads: Loads, rows: list[ImageRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    end = Scans.end_removal

    def cancel_then(scans: Scans, job: str, generation: int, removed: int) -> None:
        end(scans, job, generation, removed)
        loads.jobs.cancel(job)

    monkeypatch.setattr(Scans, "end_removal", cancel_then)
    job = loads.load(source=SOURCE)
    assert (job.status, job.removed) == ("cancelled", 3)
    assert len(left(loads)) == 17


def test_it_deletes_nothing_of_another_collection_of_the_name(
    loads: Loads, rows: list[ImageRow]
) -> None:
    job = loads.load(source=SOURCE, generation="g0")
    assert job.error is not None
    assert (job.status, job.error.code) == ("failed", "collection_replaced")
    assert len(left(loads)) == 20


def test_the_files_of_uploads_are_left_to_the_gateway(loads: Loads, rows: list[ImageRow]) -> None:
    ref = upload_ref(7)
    row = make_row(7, uri=ref.uri, tags=("even",))
    loads.writer.upsert(loads.collection, [row], make_vectors(1))
    assert loads.load(source=SOURCE).removed == 11
    assert UploadFiles(loads.redis, loads.jobs).deleted() == [(loads.collection, ref.uri)]
