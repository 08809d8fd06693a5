"""Heartbeats, some of them late, and a Redis that loses what it has acknowledged, at random."""

import copy
from typing import NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shared.domain.worker import HeldLeases, Lease
from tests.integration.shared.ledger.ledger_machine import MOST_RESTARTS, WORKERS, LedgerMachine
from tests.integration.shared.ledger.model import Heartbeat, JobModel, LeaseModel


class Checkpoint(NamedTuple):
    """What the ledger knew when its append-only file had a length."""

    written: int
    models: dict[str, JobModel]
    alive: set[str]
    heartbeats: dict[str, Heartbeat]


class LeaseRules(LedgerMachine):
    """Leases through heartbeats and losses."""

    def __init__(self) -> None:
        super().__init__()
        self.prepared: dict[str, HeldLeases] = {}
        self.checkpoint: Checkpoint | None = None

    @rule(worker=st.sampled_from(WORKERS))
    def prepare_heartbeat(self, worker: str) -> None:
        """It says what was held before it was sent."""
        self.prepared.setdefault(worker, self.chunks[worker].held())

    @rule(worker=st.sampled_from(WORKERS))
    def send_heartbeat(self, worker: str) -> None:
        held = self.prepared.pop(worker, None) or self.chunks[worker].held()
        restored = self.heartbeat(worker, held)
        assert restored == sum(self._restore(worker, lease) for lease in held.leases)

    @precondition(lambda self: self.restarts < MOST_RESTARTS)
    @rule()
    def note_checkpoint(self) -> None:
        state = copy.deepcopy((self.models, self.alive, self.heartbeats))
        self.checkpoint = Checkpoint(self.valkey.written(), *state)

    @precondition(lambda self: self.checkpoint and self.restarts < MOST_RESTARTS)
    @rule()
    def lose_a_second(self) -> None:
        assert self.checkpoint is not None
        self.restarts += 1
        self.valkey.lose_since(self.checkpoint.written)
        _, self.models, self.alive, self.heartbeats = self.checkpoint

    def _restore(self, worker: str, lease: Lease) -> bool:
        model = self.models.get(lease.job)
        chunk = model.chunks.get(lease.chunk) if model and not model.ended else None
        if chunk is None or self.is_leased(chunk.lease) or chunk.number > lease.number:
            return False
        chunk.lease = LeaseModel(worker, lease.token)
        chunk.number, chunk.attempts = lease.number, max(chunk.attempts, lease.attempt)
        return True
