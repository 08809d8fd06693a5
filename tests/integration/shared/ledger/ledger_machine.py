"""A system of processes around one ledger, and a model of its jobs."""

import time
import uuid
from contextlib import AbstractContextManager

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from shared.domain.chunk import ChunkOutcome, FileRef
from shared.domain.job import DirectorySource, JobSpec
from shared.domain.worker import HeldLeases, WorkerInfo
from shared.ledger import (
    Chunks,
    Jobs,
    Scans,
    Workers,
    keys,
)
from shared.redis import RedisClient, connect
from shared.settings import Settings
from tests.clocks import host_clock
from tests.integration.shared.ledger.model import Heartbeat, JobModel, LeaseModel
from tests.services import Valkey

INDEXERS = ("indexer-1", "indexer-2")
WORKERS = ("worker-1", "worker-2", "worker-3")
#: Hosts whose clocks are wrong by up to a day.
CLOCKS = st.sampled_from([-86_400.0, -60.0, 0.0, 60.0, 86_400.0])
#: Each takes a tenth of a second.
MOST_RESTARTS = 1


class LedgerMachine(RuleBasedStateMachine):
    """Every call may come twice, late, or from a process that is held to be dead."""

    valkey: Valkey
    base: Settings

    def __init__(self) -> None:
        super().__init__()
        self.client: RedisClient = connect(self.base)
        self.client.flushall()
        # What is killed here is Valkey and not the machine: the system has all that it wrote.
        self.client.config_set("appendfsync", "no")
        self.jobs = Jobs(self.client, self.base)
        self.workers = Workers(self.client, self.base)
        self.models: dict[str, JobModel] = {}
        self.alive: set[str] = set()
        #: The workers' side of their leases, which no loss of Redis changes.
        self.chunks = {name: Chunks(self.client, name) for name in WORKERS}
        self.heartbeats: dict[str, Heartbeat] = {}
        self.clock = 0.0
        self.restarts = 0

    def teardown(self) -> None:
        self.client.close()

    @initialize()
    def start(self) -> None:
        for name in (*INDEXERS, *WORKERS):
            self.heartbeat(name, HeldLeases())
        # Most histories would else end before a chunk is claimed.
        self.new_job("shoes")
        (model,) = self.models.values()
        self.begin(model, INDEXERS[0])
        self.add_chunks(model, [2, 2, 1, 1])
        # And before a load has written an image.
        name, written = next(iter(model.chunks)), ChunkOutcome(indexed=2)
        assert self.chunks[WORKERS[0]].complete(model.id, name, written)
        model.report(name, written)

    @rule(name=st.sampled_from(INDEXERS))
    def revive(self, name: str) -> None:
        self.heartbeat(name, HeldLeases())

    def heartbeat(self, name: str, held: HeldLeases) -> int:
        queue = "scan" if name in INDEXERS else "encode"
        with self.wrong_clock():
            info = WorkerInfo(id=name, name=name, queue=queue, started_at=time.time())
            restored = self.workers.heartbeat(info, held)
        self.alive.add(name)
        self.heartbeats[name] = Heartbeat(held.last, held.tokens)
        return restored

    def is_leased(self, lease: LeaseModel | None) -> bool:
        """Whether a lease keeps other workers away."""
        return lease is not None and lease.worker in self.alive

    @rule(name=st.sampled_from((*INDEXERS, *WORKERS)))
    def kill(self, name: str) -> None:
        self.workers.deregister(name)
        self.alive.discard(name)

    @rule(offset=CLOCKS)
    def set_hosts_clock(self, offset: float) -> None:
        self.clock = offset

    @precondition(lambda self: self.restarts < MOST_RESTARTS)
    @rule()
    def kill_valkey(self) -> None:
        self.restarts += 1
        self.valkey.kill()
        self.valkey.start()

    @invariant()
    def counts_agree(self) -> None:
        for model in self.models.values():
            model.check(self.jobs.get(model.id))
            found = [one.uri for one in self.jobs.iter_failures(model.id)]
            assert found == model.failures

    @invariant()
    def active_jobs_are_those_that_have_not_ended(self) -> None:
        assert set(self.jobs.active()) == {m.id for m in self.models.values() if not m.ended}

    @invariant()
    def nothing_is_left_of_what_is_gone(self) -> None:
        """Every key of a job belongs to one that is known, and of one that ended it expires."""
        for raw in self.client.scan_iter(match=f"{keys.job('')}*"):
            job_id = raw.decode().removeprefix(keys.job("")).partition(":")[0]
            assert job_id in self.models, raw
            if self.models[job_id].ended:
                assert self.client.ttl(raw) > 0, raw

    def new_job(self, collection: str) -> None:
        spec = JobSpec(
            id=uuid.uuid4().hex,
            collection=collection,
            source=DirectorySource(path="/p"),
            created_at=time.time() + self.clock,
        )
        with self.wrong_clock():
            self.jobs.create(spec)
        self.models[spec.id] = JobModel(spec.id, collection)

    def begin(self, model: JobModel, indexer: str) -> None:
        start = Scans(self.client, indexer).begin(model.id)
        owned = model.owner in self.alive and model.owner != indexer
        if model.ended or model.scan_done or owned or model.paused:
            assert start is None
            return
        model.generation += 1
        model.owner, model.status, model.due = indexer, "scanning", False
        model.scan_unchanged = model.ignored = 0
        model.count_forgotten_anew()
        assert start is not None
        assert start.generation == model.generation
        pending = {file.id for chunk in model.chunks.values() for file in chunk.files}
        assert start.pending_ids == pending

    def add_chunks(
        self, model: JobModel, sizes: list[int], generation: int = 1, times: int = 1
    ) -> None:
        chunks = {uuid.uuid4().hex: files(size) for size in sizes}
        for _ in range(times):
            Scans(self.client, INDEXERS[0]).add_chunks(model.id, generation, chunks)
        model.add(chunks)

    def any_job(self, data: st.DataObject) -> JobModel:
        models = list(self.models.values())
        return models[data.draw(st.integers(0, len(models) - 1))]

    def any_chunk(self, data: st.DataObject) -> tuple[JobModel, str]:
        pairs = [(m, name) for m in self.models.values() for name in m.chunks]
        return pairs[data.draw(st.integers(0, len(pairs) - 1))]

    def wrong_clock(self) -> AbstractContextManager[None]:
        return host_clock(self.clock)


def files(count: int) -> tuple[FileRef, ...]:
    return tuple(
        FileRef(uri=f"file:///p/{uuid.uuid4().hex}.jpg", size=10, mtime_ns=1) for _ in range(count)
    )
