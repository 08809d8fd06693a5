"""When a re-encoding may begin, and what is dropped; the stores are made up."""

from collections.abc import Sequence
from unittest.mock import MagicMock

import pytest

from gateway.services.reencoding import ReencodingService
from shared.domain.collection import CollectionInfo, IndexSpec
from shared.domain.job import ExportSource, ImportSource, Job, JobSpec, Source
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
