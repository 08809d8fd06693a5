"""What encoders and the recovery do, at random."""

import uuid

from hypothesis import strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
)

from shared.domain.chunk import ChunkOutcome, FileRef
from shared.ledger import (
    Chunks,
    FailureLists,
    JobRecovery,
)
from tests.integration.shared.ledger.ledger import failure
from tests.integration.shared.ledger.ledger_machine import INDEXERS, WORKERS, LedgerMachine
from tests.integration.shared.ledger.model import Lease


class ChunkRules(LedgerMachine):
    """Claims and reports, late ones and repeated ones too."""

    @precondition(lambda self: any(model.chunks for model in self.models.values()))
    @rule(data=st.data(), worker=st.sampled_from(WORKERS), twice=st.booleans())
    def claim(self, data: st.DataObject, worker: str, twice: bool) -> None:
        model, name = self.any_chunk(data)
        chunk, token = model.chunks[name], uuid.uuid4().hex
        claims = [
            Chunks(self.client, worker).claim(model.id, name, token)
            for _ in range(2 if twice else 1)
        ]
        taken = chunk.lease is not None and chunk.lease.worker in self.alive
        if model.ended or model.paused or (taken and chunk.lease != Lease(worker, token)):
            # A worker that is held to be dead may claim; its lease is free for all at once.
            if not (twice and not taken):
                assert claims == [None] * len(claims)
            chunk.sent = chunk.sent and not model.paused
            return
        chunk.lease = Lease(worker, token)
        chunk.attempts += 1
        assert all(claim is not None for claim in claims)
        assert {claim.attempt for claim in claims if claim} == {chunk.attempts}
        assert claims[0] is not None
        assert claims[0].files == chunk.files

    @precondition(lambda self: any(model.chunks for model in self.models.values()))
    @rule(data=st.data(), times=st.integers(1, 2))
    def report(self, data: st.DataObject, times: int) -> None:
        """By whoever holds it, held it or never did: the first report counts."""
        model, name = self.any_chunk(data)
        outcome = data.draw(outcomes(model.chunks[name].files))
        answers = [
            Chunks(self.client, WORKERS[0]).complete(model.id, name, outcome) for _ in range(times)
        ]
        assert answers == [True, False][:times]
        model.report(name, outcome)
        model.reported.append((name, outcome))

    @precondition(lambda self: any(model.reported for model in self.models.values()))
    @rule(data=st.data())
    def report_again(self, data: st.DataObject) -> None:
        models = [model for model in self.models.values() if model.reported]
        model = models[data.draw(st.integers(0, len(models) - 1))]
        name, outcome = model.reported[data.draw(st.integers(0, len(model.reported) - 1))]
        assert not Chunks(self.client, WORKERS[1]).complete(model.id, name, outcome)

    @precondition(lambda self: any(model.chunks for model in self.models.values()))
    @rule(data=st.data(), worker=st.sampled_from(WORKERS))
    def release(self, data: st.DataObject, worker: str) -> None:
        model, name = self.any_chunk(data)
        Chunks(self.client, worker).release(model.id, name)
        chunk = model.chunks[name]
        if chunk.lease is not None and chunk.lease.worker == worker:
            chunk.lease, chunk.sent = None, False
            chunk.attempts -= 1
            if model.ended:
                del model.chunks[name]

    @precondition(lambda self: self.models)
    @rule(data=st.data(), queue_empty=st.booleans())
    def recover(self, data: st.DataObject, queue_empty: bool) -> None:
        model = self.any_job(data)
        with self.wrong_clock():
            scan, sent = JobRecovery(self.client, INDEXERS[0]).recover_job(
                model.id, 3600, queue_empty
            )
        dead_owner = model.owner is not None and model.owner not in self.alive
        assert scan == (not model.ended and not model.scan_done and dead_owner)
        if scan:
            model.owner = None
        expected = set()
        for name, chunk in model.chunks.items():
            lost = chunk.lease is not None and chunk.lease.worker not in self.alive
            if not model.ended and not model.paused and (lost or not (chunk.lease or chunk.sent)):
                expected.add(name)
                chunk.lease, chunk.sent = None, True
        assert set(sent) == expected

    @precondition(lambda self: any(model.failures for model in self.models.values()))
    @rule(data=st.data())
    def pack_failures(self, data: st.DataObject) -> None:
        FailureLists(self.client).pack(self.any_job(data).id)


@st.composite
def outcomes(draw: st.DrawFn, refs: tuple[FileRef, ...]) -> ChunkOutcome:
    """Any outcome of these files."""
    kinds = [draw(st.sampled_from(["indexed", "unchanged", "duplicate", "failed"])) for _ in refs]
    return ChunkOutcome(
        indexed=kinds.count("indexed"),
        unchanged=kinds.count("unchanged"),
        duplicates=kinds.count("duplicate"),
        failures=tuple(failure(f) for f, k in zip(refs, kinds, strict=True) if k == "failed"),
        duplicate_ids=tuple(f.id for f, k in zip(refs, kinds, strict=True) if k == "duplicate"),
        unchanged_ids=tuple(f.id for f, k in zip(refs, kinds, strict=True) if k == "unchanged"),
    )
