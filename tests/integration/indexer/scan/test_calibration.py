"""A job that tells a collection's thresholds: from its own vectors, and only while it is wanted."""

import numpy as np
import pytest

from indexer.scan import calibration
from shared.domain.calibration import MIN_IMAGES
from shared.domain.job import CalibrationSource
from shared.ledger import Calibrations, keys
from shared.store import Neighbours
from tests.integration.indexer.loads import Loads
from tests.integration.shared.store.samples import make_row, make_vectors

COUNT = 60
SOURCE = CalibrationSource()


@pytest.fixture
def rows(loads: Loads) -> None:
    """Sixty images, two of which are equal, and two nearly so."""
    vectors = make_vectors(COUNT)
    vectors[1], vectors[3] = vectors[0], vectors[2]
    sha256s = {1: f"{0:064x}"}
    made = [make_row(n, **({"sha256": sha256s[n]} if n in sha256s else {})) for n in range(COUNT)]
    loads.writer.upsert(loads.collection, made, vectors)


def test_thresholds_are_those_of_the_collections_pairs(loads: Loads, rows: None) -> None:
    job = loads.load(source=SOURCE)
    assert (job.status, job.total, job.done, job.error) == ("done", 0, 0, None)
    found = Calibrations(loads.redis).get(loads.collection)
    assert found is not None
    assert (found.job, found.images, found.collection_images) == (job.spec.id, COUNT, COUNT)
    assert (found.identical, found.copies) == (1, 1)
    assert found.pairs == COUNT * (COUNT - 1) // 2 - 2
    first, *others = found.thresholds
    assert first.score is not None
    assert 0 < first.score < 0.3
    assert first.pairs_above == found.pairs // 100
    assert all(threshold.score is None for threshold in others)


def test_vectors_are_read_in_the_order_of_their_ids(loads: Loads, rows: None) -> None:
    reader, last = Neighbours(loads.milvus), ""
    ids: list[str] = []
    while (batch := reader.vectors_after(loads.collection, last, 25)).ids:
        assert batch.vectors.shape == (len(batch.ids), 512)
        assert batch.vectors.dtype == np.float32
        ids += batch.ids
        last = batch.ids[-1]
    assert ids == sorted(make_row(n).id for n in range(COUNT))


def test_a_job_that_lost_its_indexer_is_done_by_another(
    loads: Loads, rows: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id, first = loads.job(source=SOURCE), loads.indexer()

    def killed(*_: object) -> None:
        first.die()
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(Calibrations, "record", killed)
        with pytest.raises(SystemExit):
            first.scan(job_id)
    assert Calibrations(loads.redis).get(loads.collection) is None
    loads.indexer().scan(job_id)
    assert loads.jobs.get(job_id).status == "done"
    assert Calibrations(loads.redis).get(loads.collection) is not None


def test_what_was_cancelled_is_not_kept(
    loads: Loads, rows: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the collection is dropped in the last moment before it is written."""
    job_id = loads.job(source=SOURCE)
    record = Calibrations.record

    def dropped(self: Calibrations, *arguments: object) -> None:
        loads.jobs.forget_collection(loads.collection)
        record(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Calibrations, "record", dropped)
    loads.indexer().scan(job_id)
    assert loads.redis.exists(keys.calibration(loads.collection)) == 0


def test_too_few_images_fail_the_job(loads: Loads, rows: None) -> None:
    ids = [make_row(n).id for n in range(COUNT - MIN_IMAGES + 1)]
    loads.writer.delete(loads.collection, ids)
    job = loads.load(source=SOURCE)
    assert job.status == "failed"
    assert job.error is not None
    assert job.error.code == "too_few_images"
    assert f"there are {MIN_IMAGES - 1}" in job.error.detail


def test_a_large_collection_is_sampled(
    loads: Loads, rows: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, "MAX_IMAGES", 50)
    loads.load(source=SOURCE)
    found = Calibrations(loads.redis).get(loads.collection)
    assert found is not None
    assert (found.images, found.collection_images) == (50, COUNT)
