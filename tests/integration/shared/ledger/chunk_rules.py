"""What encoders and the recovery do, at random."""

import contextlib
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
)

from shared.domain.chunk import ChunkClaim, ChunkOutcome, FileRef
from shared.errors import Unavailable, redis_unavailable
from shared.ledger import (
    Chunks,
    FailureLists,
    JobRecovery,
)
from tests.integration.shared.ledger.ledger import failure
from tests.integration.shared.ledger.ledger_machine import INDEXERS, WORKERS, LedgerMachine
from tests.integration.shared.ledger.model import LeaseModel

#: Of a claim: it comes, the claim is repeated, it never comes.
ANSWERS = ("once", "twice", "never")


class ChunkRules(LedgerMachine):
    """Claims and reports, late ones and repeated ones too."""

    @precondition(lambda self: any(model.chunks for model in self.models.values()))
    @rule(data=st.data(), worker=st.sampled_from(WORKERS), answer=st.sampled_from(ANSWERS))
    def claim(self, data: st.DataObject, worker: str, answer: str) -> None:
        model, name = self.any_chunk(data)
        chunk, chunks = model.chunks[name], self.chunks[worker]
        given: list[ChunkClaim | None] = []
        with lost_answer(chunks) if answer == "never" else contextlib.nullcontext():
            given.append(chunks.claim(model.id, name))
        if model.ended or model.paused or self.is_leased(chunk.lease):
            assert given in ([], [None])
            chunk.sent = chunk.sent and not model.paused
            return
        chunk.attempts += 1
        chunk.number += 1
        token = str(chunks.held().last)
        chunk.lease = LeaseModel(worker, token)
        if answer == "twice":
            given.append(chunks.claim(model.id, name, token))
        for claim in given:
            assert claim is not None
            assert (claim.attempt, claim.token) == (chunk.attempts, token)
            assert claim.files == chunk.files

    @precondition(lambda self: any(model.chunks for model in self.models.values()))
    @rule(data=st.data(), worker=st.sampled_from(WORKERS), times=st.integers(1, 2))
    def report(self, data: st.DataObject, worker: str, times: int) -> None:
        """By whoever holds it, held it or never did: the first report counts."""
        model, name = self.any_chunk(data)
        outcome = data.draw(outcomes(model.chunks[name].files))
        answers = [self.chunks[worker].complete(model.id, name, outcome) for _ in range(times)]
        assert answers == [True, False][:times]
        model.report(name, outcome)
        model.reported.append((name, outcome))

    @precondition(lambda self: any(model.reported for model in self.models.values()))
    @rule(data=st.data())
    def report_again(self, data: st.DataObject) -> None:
        models = [model for model in self.models.values() if model.reported]
        model = models[data.draw(st.integers(0, len(models) - 1))]
        name, outcome = model.reported[data.draw(st.integers(0, len(model.reported) - 1))]
        assert not self.chunks[WORKERS[1]].complete(model.id, name, outcome)

    @precondition(lambda self: any(model.chunks for model in self.models.values()))
    @rule(data=st.data(), worker=st.sampled_from(WORKERS), times=st.integers(1, 2))
    def release(self, data: st.DataObject, worker: str, times: int) -> None:
        """By whoever holds it or held it."""
        model, name = self.any_chunk(data)
        held = [
            lease.token
            for lease in self.chunks[worker].held().leases
            if (lease.job, lease.chunk) == (model.id, name)
        ]
        token = data.draw(st.sampled_from([*held, "0"]))
        for _ in range(times):
            self.chunks[worker].release(model.id, name, token)
        chunk = model.chunks[name]
        if chunk.lease == LeaseModel(worker, token):
            chunk.lease, chunk.sent = None, False
            chunk.attempts -= 1
            chunk.number += 1
            if model.ended:
                del model.chunks[name]

    @precondition(lambda self: any(model.chunks for model in self.models.values()))
    @rule(data=st.data(), worker=st.sampled_from(WORKERS))
    def revoke(self, data: st.DataObject, worker: str) -> None:
        model, name = self.any_chunk(data)
        revoked = JobRecovery(self.client, INDEXERS[0]).revoke_lease(model.id, name, worker)
        chunk = model.chunks[name]
        mine = chunk.lease is not None and chunk.lease.worker == worker
        assert revoked == (mine and chunk.attempts == 1 and not model.ended and not model.paused)
        if revoked:
            chunk.lease, chunk.sent = None, True
            chunk.number += 1

    @precondition(lambda self: self.models)
    @rule(data=st.data(), queue_empty=st.booleans())
    def recover(self, data: st.DataObject, queue_empty: bool) -> None:
        model = self.any_job(data)
        with self.wrong_clock():
            scan, sent = JobRecovery(self.client, INDEXERS[0]).recover_job(
                model.id, 3600, queue_empty
            )
        dead_owner = model.owner is not None and model.owner not in self.alive
        wanted = not model.ended and not model.paused and not model.scan_done
        # Of a scan that nobody runs it says so once.
        assert scan == (wanted and (dead_owner or model.due))
        if scan:
            model.owner, model.due = None, False
        expected = set()
        for name, chunk in model.chunks.items():
            lost = chunk.lease is not None and self._is_lost(chunk.lease)
            if not model.ended and not model.paused and (lost or not (chunk.lease or chunk.sent)):
                expected.add(name)
                chunk.lease, chunk.sent = None, True
        assert set(sent) == expected

    @precondition(lambda self: any(model.failures for model in self.models.values()))
    @rule(data=st.data())
    def pack_failures(self, data: st.DataObject) -> None:
        FailureLists(self.client).pack(self.any_job(data).id)

    def _is_lost(self, lease: LeaseModel) -> bool:
        """Whether its worker is dead, or lives and holds it no more."""
        return not self.is_leased(lease) or self.heartbeats[lease.worker].denies(lease.token)


@contextlib.contextmanager
def lost_answer(chunks: Chunks) -> Iterator[None]:
    """Have the ledger give a lease whose answer never comes; the worker gives up."""
    claim = chunks._claim

    def lost(**arguments: object) -> None:
        claim(**arguments)
        raise redis_unavailable()

    with patch.object(chunks, "_claim", lost), pytest.raises(Unavailable):
        yield


@st.composite
def outcomes(draw: st.DrawFn, refs: tuple[FileRef, ...]) -> ChunkOutcome:
    """Any outcome of these files."""
    kinds = [draw(st.sampled_from(["indexed", "unchanged", "duplicate", "failed"])) for _ in refs]
    moved = draw(st.integers(0, kinds.count("unchanged")))
    return ChunkOutcome(
        indexed=kinds.count("indexed"),
        unchanged=kinds.count("unchanged"),
        moved=moved,
        duplicates=kinds.count("duplicate"),
        failures=tuple(failure(f) for f, k in zip(refs, kinds, strict=True) if k == "failed"),
        duplicate_ids=tuple(f.id for f, k in zip(refs, kinds, strict=True) if k == "duplicate"),
        unchanged_ids=tuple(f.id for f, k in zip(refs, kinds, strict=True) if k == "unchanged"),
    )
