"""Encoders with other weights than the collection's fail nobody's job."""

import pytest
from structlog.testing import capture_logs

from encoder_worker.chunks import processor
from tests.integration.encoder_worker.conftest import Drawn
from tests.integration.encoder_worker.load import Load

OTHER = "imagenet1k_features-88682ab5"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "_MISMATCH_WAIT_SECONDS", 0.0)


class Odd:
    """An encoder of other weights, which must not be asked for a vector."""

    weights = OTHER


def test_one_odd_encoder_gives_its_chunks_back(load: Load, drawn: Drawn) -> None:
    job_id, (chunk,) = load.job([drawn(1)])
    odd = load.worker(encoder=Odd())  # type: ignore[arg-type]
    for _ in range(12):
        odd.work(job_id, chunk)
    waiting = load.jobs.get(job_id)
    assert (waiting.status, waiting.done) == ("running", 0)
    with capture_logs() as logs:
        load.worker().work(job_id, chunk)
    job = load.jobs.get(job_id)
    assert (job.status, job.indexed, job.error) == ("done", 1, None)
    # What was given back does not count as an attempt.
    assert [line["attempt"] for line in logs if line["event"] == "chunk_completed"] == [1]


def test_a_job_that_only_odd_encoders_want_waits_and_says_why(load: Load, drawn: Drawn) -> None:
    load.collections.drop(load.collection)
    load.make_collection(weights=OTHER)
    job = load.run(drawn(1))
    assert job.status == "running"
    assert job.error is not None
    assert job.error.code == "encoder_mismatch"
    assert OTHER in job.error.detail
    assert load.encoder.weights in job.error.detail
    assert load.collections.count(load.collection) == 0
    assert load.jobs.cancel(job.spec.id).error is None
