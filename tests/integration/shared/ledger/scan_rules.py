"""What indexers do, at random."""

import contextlib
import uuid
from collections.abc import Iterator

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
)

from shared.domain.chunk import ChunkOutcome
from shared.ledger import (
    JobEnded,
    Scans,
    ScanSuperseded,
)
from tests.integration.shared.ledger.ledger import failure
from tests.integration.shared.ledger.ledger_machine import INDEXERS, LedgerMachine, files
from tests.integration.shared.ledger.model import JobModel


class ScanRules(LedgerMachine):
    """Scans, some of them superseded, and calls that come twice."""

    @precondition(lambda self: self.models)
    @rule(data=st.data(), indexer=st.sampled_from(INDEXERS))
    def begin_scan(self, data: st.DataObject, indexer: str) -> None:
        self.begin(self.any_job(data), indexer)

    @precondition(lambda self: self.models)
    @rule(
        data=st.data(),
        sizes=st.lists(st.integers(1, 4), min_size=1, max_size=3),
        unchanged=st.integers(0, 3),
        ignored=st.integers(0, 2),
        late=st.booleans(),
        twice=st.booleans(),
    )
    def scan_batch(
        self,
        data: st.DataObject,
        sizes: list[int],
        unchanged: int,
        ignored: int,
        late: bool,
        twice: bool,
    ) -> None:
        model = self.any_job(data)
        scans = Scans(self.client, model.owner or INDEXERS[0])
        generation = model.generation - 1 if late else model.generation
        refused = model.ended or late or not model.generation
        with refusal(model, refused):
            self.add_chunks(model, sizes, generation, 2 if twice else 1)
        token = uuid.uuid4().hex
        for _ in range(2 if twice else 1):
            with refusal(model, refused):
                scans.record(
                    model.id, generation, unchanged=unchanged, ignored=ignored, token=token
                )
        if not refused:
            model.scan_unchanged += unchanged
            model.ignored += ignored

    @precondition(lambda self: self.models)
    @rule(data=st.data(), count=st.integers(1, 3), twice=st.booleans())
    def scan_failures(self, data: st.DataObject, count: int, twice: bool) -> None:
        model = self.any_job(data)
        refs, chunk = files(count), uuid.uuid4().hex
        failures = [failure(file) for file in refs]
        refused = model.ended or not model.generation
        for _ in range(2 if twice else 1):
            with refusal(model, refused):
                Scans(self.client, INDEXERS[0]).fail(model.id, model.generation, failures, chunk)
        if not refused:
            model.add({chunk: refs})
            model.report(chunk, ChunkOutcome(failures=tuple(failures)))

    @precondition(lambda self: self.models)
    @rule(data=st.data(), late=st.booleans(), twice=st.booleans())
    def suspend_scan(self, data: st.DataObject, late: bool, twice: bool) -> None:
        model = self.any_job(data)
        generation = model.generation - 1 if late else model.generation
        refused = model.ended or late or not model.generation
        for _ in range(2 if twice else 1):
            with refusal(model, refused):
                Scans(self.client, INDEXERS[0]).suspend(model.id, generation, "")
        if not refused:
            model.owner, model.due = None, True

    @precondition(lambda self: self.models)
    @rule(data=st.data(), late=st.booleans(), twice=st.booleans())
    def finish_scan(self, data: st.DataObject, late: bool, twice: bool) -> None:
        model = self.any_job(data)
        generation = model.generation - 1 if late else model.generation
        refused = model.ended or late or not model.generation
        for _ in range(2 if twice else 1):
            with refusal(model, refused) if not model.ended else contextlib.suppress(JobEnded):
                Scans(self.client, INDEXERS[0]).finish(model.id, generation)
            if not refused and not model.ended:
                model.scan_done, model.owner, model.status = True, None, "running"
                model.close_if_complete()


@contextlib.contextmanager
def refusal(model: JobModel, expected: bool) -> Iterator[None]:
    if not expected:
        yield
        return
    with pytest.raises(JobEnded if model.ended else ScanSuperseded):
        yield
