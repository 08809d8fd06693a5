"""Random histories of jobs over a real Valkey and the real scripts, with a model as the oracle."""

import contextlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shared.domain.chunk import ChunkOutcome, FileRef
from shared.domain.job import DirectorySource, JobError, JobSpec
from shared.domain.worker import WorkerInfo
from shared.ledger import (
    Chunks,
    JobEnded,
    JobRecovery,
    Jobs,
    Scans,
    ScanSuperseded,
    Workers,
    keys,
)
from shared.redis import RedisClient, connect
from shared.settings import Settings
from tests.integration.shared.ledger.ledger import failure
from tests.integration.shared.ledger.model import ChunkModel, JobModel, Lease
from tests.services import Valkey

#: Histories of one test; `make soak` asks for thousands.
HISTORIES = int(os.environ.get("LOOKALIKE_TEST_HISTORIES", "200"))
STEPS = 40
#: Each takes a tenth of a second.
MOST_RESTARTS = 1
INDEXERS = ("indexer-1", "indexer-2")
WORKERS = ("worker-1", "worker-2", "worker-3")
#: Hosts whose clocks are wrong by up to a day.
CLOCKS = st.sampled_from([-86_400.0, -60.0, 0.0, 60.0, 86_400.0])
RETENTION_DAYS = 1.0


class Machine(RuleBasedStateMachine):
    """Every call may come twice, late, or from a process that is held to be dead."""

    valkey: Valkey
    base: Settings

    def __init__(self) -> None:
        super().__init__()
        self.client: RedisClient = connect(self.base)
        self.client.flushall()
        self.jobs = Jobs(self.client, self.base)
        self.workers = Workers(self.client, self.base)
        self.models: dict[str, JobModel] = {}
        self.alive: set[str] = set()
        self.clock = 0.0
        self.restarts = 0

    def teardown(self) -> None:
        self.client.close()

    # Processes

    @initialize()
    def start(self) -> None:
        for name in (*INDEXERS, *WORKERS):
            self.revive(name)
        # Most histories would else end before a chunk is claimed.
        self.create("shoes")
        (model,) = self.models.values()
        self.begin(model, INDEXERS[0])
        self.add_chunks(model, [2, 1, 1])

    @rule(name=st.sampled_from((*INDEXERS, *WORKERS)))
    def revive(self, name: str) -> None:
        queue = "scan" if name in INDEXERS else "encode"
        with self.wrong_clock():
            self.workers.heartbeat(WorkerInfo(id=name, name=name, queue=queue, started_at=0))
        self.alive.add(name)

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

    # Requests

    @precondition(lambda self: len(self.models) < 3)
    @rule(collection=st.sampled_from(["shoes", "hats"]))
    def create(self, collection: str) -> None:
        spec = JobSpec(
            id=uuid.uuid4().hex,
            collection=collection,
            source=DirectorySource(path="/p"),
            created_at=time.time() + self.clock,
        )
        with self.wrong_clock():
            self.jobs.create(spec)
        self.models[spec.id] = JobModel(spec.id, collection)

    @precondition(lambda self: self.models)
    @rule(data=st.data())
    def create_again(self, data: st.DataObject) -> None:
        """As a client of Redis does that lost the first answer."""
        model = self.any_job(data)
        spec = self.jobs.get(model.id).spec
        self.jobs.create(spec)

    @precondition(lambda self: self.models)
    @rule(data=st.data(), action=st.sampled_from(["pause", "resume", "cancel", "fail"]))
    def steer(self, data: st.DataObject, action: str) -> None:
        model = self.any_job(data)
        if action == "fail":
            self.jobs.fail(model.id, JobError(code="source_missing", detail="Gone."))
        else:
            getattr(self.jobs, action)(model.id)
        if model.ended:
            return
        if action in ("pause", "resume"):
            model.paused = action == "pause"
        else:
            model.end("cancelled" if action == "cancel" else "failed")

    @precondition(lambda self: self.models)
    @rule(data=st.data())
    def drop_collection(self, data: st.DataObject) -> None:
        collection = self.any_job(data).collection
        self.jobs.forget_collection(collection)
        self.models = {k: m for k, m in self.models.items() if m.collection != collection}

    # The scan

    @precondition(lambda self: self.models)
    @rule(data=st.data(), indexer=st.sampled_from(INDEXERS))
    def begin_scan(self, data: st.DataObject, indexer: str) -> None:
        self.begin(self.any_job(data), indexer)

    def begin(self, model: JobModel, indexer: str) -> None:
        start = Scans(self.client, indexer).begin(model.id)
        owned = model.owner in self.alive and model.owner != indexer
        if model.ended or model.scan_done or owned:
            assert start is None
            return
        model.generation += 1
        model.owner, model.status = indexer, "scanning"
        model.scan_unchanged = model.ignored = 0
        assert start is not None
        assert start.generation == model.generation
        pending = {file.id for chunk in model.chunks.values() for file in chunk.files}
        assert start.pending_ids == pending

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

    def add_chunks(
        self, model: JobModel, sizes: list[int], generation: int = 1, times: int = 1
    ) -> None:
        chunks = {uuid.uuid4().hex: files(size) for size in sizes}
        for _ in range(times):
            Scans(self.client, INDEXERS[0]).add_chunks(model.id, generation, chunks)
        model.chunks |= {name: ChunkModel(refs) for name, refs in chunks.items()}
        model.chunk_total += sum(sizes)

    @precondition(lambda self: self.models)
    @rule(data=st.data(), count=st.integers(1, 3), twice=st.booleans())
    def scan_failures(self, data: st.DataObject, count: int, twice: bool) -> None:
        model = self.any_job(data)
        failures, chunk = [failure(file) for file in files(count)], uuid.uuid4().hex
        refused = model.ended or not model.generation
        for _ in range(2 if twice else 1):
            with refusal(model, refused):
                Scans(self.client, INDEXERS[0]).fail(model.id, model.generation, failures, chunk)
        if not refused:
            model.chunk_total += count
            model.chunks[chunk] = ChunkModel(files(count))
            model.report(chunk, ChunkOutcome(failures=tuple(failures)))

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

    # The chunks

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

    # What holds after every step

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

    # Helpers

    def any_job(self, data: st.DataObject) -> JobModel:
        models = list(self.models.values())
        return models[data.draw(st.integers(0, len(models) - 1))]

    def any_chunk(self, data: st.DataObject) -> tuple[JobModel, str]:
        pairs = [(m, name) for m in self.models.values() for name in m.chunks]
        return pairs[data.draw(st.integers(0, len(pairs) - 1))]

    @contextlib.contextmanager
    def wrong_clock(self) -> Iterator[None]:
        now = time.time
        with patch.object(time, "time", lambda: now() + self.clock):
            yield


def files(count: int) -> tuple[FileRef, ...]:
    return tuple(
        FileRef(uri=f"file:///p/{uuid.uuid4().hex}.jpg", size=10, mtime_ns=1) for _ in range(count)
    )


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
    )


@contextlib.contextmanager
def refusal(model: JobModel, expected: bool) -> Iterator[None]:
    if not expected:
        yield
        return
    with pytest.raises(JobEnded if model.ended else ScanSuperseded):
        yield


def test_every_history_agrees_with_the_model(tmp_path: Path, base_settings: Settings) -> None:
    valkey = Valkey(tmp_path / "valkey")
    try:
        url = {"redis_url": valkey.url, "job_retention_days": RETENTION_DAYS}
        Machine.valkey = valkey
        Machine.base = Settings.model_validate({**base_settings.model_dump(), **url})
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=HISTORIES,
                stateful_step_count=STEPS,
                deadline=None,
                print_blob=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        valkey.stop()
