"""The ledger at a billion files: what a chunk costs one Valkey, and what a job keeps in it.

An indexer's and encoders' calls are the real ones, made by processes that encode nothing. Valkey's
own processor time tells how many chunks one core of it could take, whatever else this machine does.
"""

import random
import sys
import time
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from shared.domain.worker import WorkerInfo
from shared.ledger import FailureLists, JobRecovery, Jobs, Scans, Workers, keys
from shared.ledger.failures import BLOCK
from shared.queue import Dispatcher, create_celery
from shared.redis import RedisClient, connect
from shared.settings import Settings
from tests.benchmarks import simulated
from tests.benchmarks.report import Report
from tests.services import Process, Valkey, wait_until

#: What the job has behind it in the last run.
BILLION = 10**9
#: Files of a chunk: the setting's default, and as many as it allows.
CHUNK_SIZES = (32, 256, 1000)
#: Files behind the job, and files of a chunk: whether a job grows slower is seen by the first two.
_RUNS = ((0, CHUNK_SIZES[0]), *((BILLION, size) for size in CHUNK_SIZES))
_PROCESSES = 2
_THREADS = 8
#: Chunks that wait at most: as many as a setting allows by default.
_PENDING = 4096
#: Chunks of so many files are written at once, as the indexer does.
_SCAN_FILES = 1000
_MIB = 1 << 20
#: Blocks of failures that are compressed anew; all others are copies of these.
_KINDS_OF_BLOCK = 64
_PRIORITY = 5


@dataclass(frozen=True)
class _Load:
    """One load through the ledger: so many `files`, in chunks of `size`."""

    redis: RedisClient
    settings: Settings
    valkey: Valkey
    job: str
    size: int
    files: int


def measure(folder: Path, *, files: int) -> Report:
    """Put `files` through in the smallest chunks; then in those of each size, after a billion."""
    context = {
        "files": f"{files:,} in each run, of which 1 % fail and 10 % are duplicates",
        "encoders": f"{_PROCESSES} processes of {_THREADS} threads, which encode nothing",
        "log": "appendfsync always",
    }
    report = Report("Ledger at scale", context)
    valkey = Valkey(folder / "valkey")
    settings = Settings.model_validate(
        {"redis_url": valkey.url, "max_pending_chunks": _PENDING, "data_dir": folder}
    )
    redis: RedisClient = connect(settings)
    try:
        # One log without an end says how much was written.
        redis.config_set("auto-aof-rewrite-percentage", 0)
        for behind, size in _RUNS:
            redis.flushall()
            job = simulated.new_job(Jobs(redis, settings), settings)
            Scans(redis, "indexer").begin(job)
            name = f"chunks of {size:,}"
            if behind:
                name += ", after a billion"
                kept = _put_behind(redis, job, behind)
                if size == CHUNK_SIZES[0]:
                    report.add("what a job keeps after a billion files", [kept / _MIB], "MiB")
            _measure(report, name, _Load(redis, settings, valkey, job, size, files))
    finally:
        redis.close()
        valkey.kill()
    return report


def _measure(report: Report, name: str, load: _Load) -> None:
    indexer, start = _Indexer(load), _Counters.of(load)
    before = load.redis.info("memory")["used_memory"]
    waiting = indexer.fill()
    grown = load.redis.info("memory")["used_memory"] - before
    report.add(f"{name}: a file that waits", [grown / waiting], "bytes")
    started = time.monotonic()
    with _encoders(load):
        indexer.finish()
        seconds = time.monotonic() - started
    end = _Counters.of(load)
    chunks = load.files / load.size
    found = Jobs(load.redis, load.settings).get(load.job)
    if found.status != "done":
        raise RuntimeError(f"the load went wrong, its figures mean nothing: {found}")
    cost = (end.cpu - start.cpu) / chunks
    report.add(f"{name}: Valkey's processor time, a chunk", [1e6 * cost], "µs")
    report.add(f"{name}: files a second of one core of Valkey", [load.size / cost], "files/s")
    report.add(f"{name}: files a second, here", [load.files / seconds], "files/s")
    report.add(f"{name}: commands, a chunk", [(end.commands - start.commands) / chunks], "")
    report.add(f"{name}: written to its log, a file", [(end.log - start.log) / load.files], "bytes")
    report.add(f"{name}: over the network, a file", [(end.net - start.net) / load.files], "bytes")


class _Indexer:
    """The scanning side: chunks are cut, written and sent, never more than may wait."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._scans = Scans(load.redis, "indexer")
        self._failures = FailureLists(load.redis)
        self._recovery = JobRecovery(load.redis, "indexer")
        self._workers = Workers(load.redis, load.settings)
        self._info = WorkerInfo(id="indexer", name="indexer@bench", queue="scan", started_at=0)
        self._app = create_celery(load.settings)
        self._dispatcher = Dispatcher(self._app)
        self._files = simulated.files(0, load.files)
        self._pending = 0
        self._looked = time.monotonic()

    def fill(self) -> int:
        """Cut and send as many chunks as may wait, while no encoder works; returns their files."""
        files = 0
        while self._pending < _PENDING and (sent := self._send()):
            files += sent
        return files

    def finish(self) -> None:
        """Send what is left, behind the encoders; return when all is reported."""
        load, sent = self._load, 1
        while sent:
            self._pending = self._scans.pending(load.job)
            self._look_after()
            if self._pending >= _PENDING:
                time.sleep(0.02)
                continue
            sent = self._send()
        self._scans.finish(load.job, 1)
        jobs = Jobs(load.redis, load.settings)
        wait_until(lambda: jobs.status(load.job) == "done", 600, "the job's end")
        self._app.close()

    def _send(self) -> int:
        """Write and send the chunks of a thousand files or so; returns how many files."""
        load = self._load
        room = max(1, _SCAN_FILES // load.size)
        cut = [list(islice(self._files, load.size)) for _ in range(room)]
        chunks = {uuid.uuid4().hex: chunk for chunk in cut if chunk}
        if chunks:
            self._pending = self._scans.add_chunks(load.job, 1, chunks)
            self._dispatcher.send_chunks(load.job, chunks, _PRIORITY)
        return sum(map(len, chunks.values()))

    def _look_after(self) -> None:
        """What the recovery thread does of a job every two seconds."""
        if time.monotonic() - self._looked > 2:
            self._looked = time.monotonic()
            self._workers.heartbeat(self._info)
            self._failures.pack(self._load.job)
            self._recovery.recover_job(self._load.job, 10.0, queue_empty=False)


@dataclass(frozen=True)
class _Counters:
    """What Valkey counts: seconds of its processor, commands, bytes of its log and its network."""

    cpu: float
    commands: int
    log: int
    net: int

    @classmethod
    def of(cls, load: _Load) -> "_Counters":
        found = load.redis.info("everything")
        return cls(
            cpu=found["used_cpu_user"] + found["used_cpu_sys"],
            # Those that scripts call are among them.
            commands=sum(of["calls"] for key, of in found.items() if key.startswith("cmdstat_")),
            log=load.valkey.written(),
            net=found["total_net_input_bytes"] + found["total_net_output_bytes"],
        )


@contextmanager
def _encoders(load: _Load) -> Iterator[None]:
    """Encoders at work; they end by themselves once nothing waits."""
    command = [sys.executable, "-m", "tests.benchmarks.ledger_encoder", load.valkey.url]
    log = load.valkey.log.with_name("encoders.log")
    running = [Process([*command, str(_THREADS)], log) for _ in range(_PROCESSES)]
    try:
        yield
    finally:
        for process in running:
            process.stop()


def _put_behind(redis: RedisClient, job: str, files: int) -> int:
    """Leave a job as it is after so many files; returns the bytes that Valkey took for it.

    Its failures are compressed in blocks, and the ids of these and of the duplicates that it
    remembers are in buckets, as the scripts leave them.
    """
    before = redis.info("memory")["used_memory"]
    failures = files // simulated.FAILED_OF
    blocks = [_block(number) for number in range(_KINDS_OF_BLOCK)]
    with redis.pipeline(transaction=False) as pipe:
        for number in range(failures // BLOCK):
            pipe.rpush(keys.job(job, "failure_blocks"), blocks[number % _KINDS_OF_BLOCK])
            if number % 1000 == 999:
                pipe.execute()
        pipe.execute()
    remembered = failures + 500_000
    drawn = random.Random(0)
    each, more = divmod(remembered, 1 << 16)
    with redis.pipeline(transaction=False) as pipe:
        for bucket in range(1 << 16):
            ids = drawn.randbytes(14 * (each + (bucket < more)))
            pipe.hset(keys.job(job, "remembered"), bucket.to_bytes(2, "big"), ids)
            if bucket % 1000 == 999:
                pipe.execute()
        pipe.execute()
    counts = {
        "failed": failures,
        "duplicates": files // simulated.DUPLICATE_OF,
        "remembered": 500_000,
        "chunk_total": files,
    }
    counts["indexed"] = files - counts["failed"] - counts["duplicates"]
    redis.hset(keys.job(job), mapping=counts)
    if len(FailureLists(redis).read(job, failures // BLOCK * BLOCK - 5, 5)) != 5:
        raise RuntimeError("the failures of the simulated job cannot be read")
    return int(redis.info("memory")["used_memory"] - before)


def _block(number: int) -> bytes:
    failed = islice(simulated.files(10**6 * number, 10**6), 0, None, simulated.FAILED_OF)
    rows = [simulated.failure(ref).model_dump_json().encode() for ref in islice(failed, BLOCK)]
    return zlib.compress(b"\n".join(rows), level=9)
