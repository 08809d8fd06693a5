"""When a re-encoding may begin, and what is dropped; the stores are made up."""

from collections.abc import Sequence
from unittest.mock import MagicMock

import pytest

from gateway.services.reencoding import ReencodingService
from shared.domain.collection import CollectionInfo, Edition, IndexSpec
from shared.domain.job import (
    ExportSource,
    ImportSource,
    Job,
    JobSpec,
    ReencodingSource,
    Source,
)
from shared.errors import Conflict

FLAT = IndexSpec(type="FLAT")
INFO = CollectionInfo(
    name="c",
    generation="g",
    fingerprint="f0",
    weights="w",
    pooling="avg",
    index=FLAT,
    description="",
    count=1,
    created_at=0.0,
    state="loaded",
)


def job(source: Source, *, generation: str = "g", finished: bool = False) -> MagicMock:
    made = MagicMock(spec=Job, finished=finished)
    made.spec = MagicMock(spec=JobSpec, source=source, generation=generation, id="1")
    return made


class Service:
    """The service, with the jobs that are active, and what is said of the collection in turn."""

    def __init__(self, jobs: Sequence[MagicMock], *infos: CollectionInfo) -> None:
        self.collections, self.editions, self.jobs = MagicMock(), MagicMock(), MagicMock()
        self.loads = MagicMock()
        self.collections.get.side_effect = infos
        self.jobs.active_in.return_value = jobs
        self.editions.wanted.return_value = MagicMock(pooling="rmac", index=FLAT)
        self.loads.unfinished.return_value = None
        self.service = ReencodingService(
            self.collections, self.editions, self.jobs, MagicMock(), self.loads
        )

    def start(self) -> None:
        self.service.start("c", "rmac", None, allow_missing=False)


def test_an_import_goes_first() -> None:
    importing = ImportSource(export="e")
    with pytest.raises(Conflict) as refused:
        (held := Service([job(importing)], INFO)).start()
    assert refused.value.code == "collection_busy"
    assert not held.loads.queue.called

    others = [
        job(importing, finished=True),
        job(importing, generation="earlier"),
        job(ExportSource(uploads=False)),
    ]
    (begun := Service(others, INFO)).start()
    assert begun.loads.queue.called


def test_what_is_put_in_place_meanwhile_is_not_given_up() -> None:
    running = [job(ReencodingSource(pooling="rmac", index=FLAT))]
    kept = Edition(fingerprint="f0", pooling="avg", index=FLAT, job="1")
    swapped = INFO.model_copy(update={"kept": kept, "home": "r1"})

    late = Service(running, INFO, swapped)
    with pytest.raises(Conflict) as refused:
        late.service.drop("c")
    assert refused.value.code == "reencoding_kept"
    assert not late.editions.drop.called
    assert not late.jobs.cancel.called

    for after in (Service(running, swapped, swapped), Service([], swapped, swapped)):
        after.service.drop("c")
        assert after.editions.drop.called
    (early := Service(running, INFO, INFO)).service.drop("c")
    early.jobs.cancel.assert_called_once_with("1")
