"""What a job of very many files keeps in Redis, and how fast jobs are listed."""

import random
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path

from shared.domain.chunk import FileRef
from shared.ledger import Chunks, FailureLists, Jobs, MoveRequest, Moves, Scans
from shared.redis import RedisClient, connect
from shared.settings import Settings
from tests.benchmarks import simulated
from tests.benchmarks.report import Report
from tests.services import Valkey

_MIB = 1 << 20
#: Files of a chunk: as many as a setting allows, since only what is kept of them counts here.
_CHUNK = 1000
#: At which parts of the whole the memory is read.
_STEPS = 10


def measure(folder: Path, *, files: int, jobs: int, runs: int) -> Report:
    """Report a job's chunks: of 100 files one fails and ten are duplicates. Then move all files.

    At last list many jobs.
    """
    context = {
        "files": f"{files:,}, of which 1 % fail and 10 % are duplicates",
        "jobs": f"{jobs:,} that ended, 32 of them failed",
    }
    report = Report("Ledger", context)
    valkey = Valkey(folder / "valkey")
    redis: RedisClient = connect(settings := Settings(redis_url=valkey.url))
    try:
        _add_memory(report, redis, settings, files)
        redis.flushall()
        _add_moves(report, redis, settings, files)
        redis.flushall()
        _add_lists(report, redis, settings, jobs=jobs, runs=runs)
    finally:
        redis.close()
        valkey.kill()
    return report


def _add_memory(report: Report, redis: RedisClient, settings: Settings, files: int) -> None:
    job = simulated.new_job(Jobs(redis, settings), settings)
    scans, chunks = Scans(redis, "indexer"), Chunks(redis, "encoder")
    failures = FailureLists(redis)
    scans.begin(job)
    before = redis.info("memory")["used_memory"]
    step = max(_CHUNK, files // _STEPS)
    for at in range(0, files, step):
        for first in range(at, min(at + step, files), _CHUNK):
            _report_chunk(job, scans, chunks, tuple(simulated.files(first, _CHUNK)))
        # As an indexer does every two seconds.
        failures.pack(job)
        grown = redis.info("memory")["used_memory"] - before
        count = min(at + step, files)
        report.add(f"after {count:,} files", [grown / _MIB], "MiB")
    report.add("a million files", [grown / files], "bytes a file")


def _add_moves(report: Report, redis: RedisClient, settings: Settings, files: int) -> None:
    """Each file takes over a row of its own."""
    jobs, moves, drawn = Jobs(redis, settings), Moves(redis), random.Random(0)
    # What a script takes is no part of it.
    moves.claim(simulated.new_job(jobs, settings), [MoveRequest([_id(drawn)], [_id(drawn)])])
    job = simulated.new_job(jobs, settings)
    before = redis.info("memory")["used_memory"]
    for _ in range(0, files, _CHUNK):
        pairs = [MoveRequest([_id(drawn)], [_id(drawn)]) for _ in range(_CHUNK)]
        moves.claim(job, pairs)
    grown = redis.info("memory")["used_memory"] - before
    report.add(f"after {files:,} moves", [grown / _MIB], "MiB")
    report.add("a move", [grown / files], "bytes")


def _id(drawn: random.Random) -> str:
    return f"{drawn.getrandbits(128):032x}"


def _report_chunk(job: str, scans: Scans, chunks: Chunks, refs: tuple[FileRef, ...]) -> None:
    chunk = uuid.uuid4().hex
    scans.add_chunks(job, 1, {chunk: refs})
    chunks.claim(job, chunk)
    chunks.complete(job, chunk, simulated.outcome(refs))


def _add_lists(
    report: Report, redis: RedisClient, settings: Settings, *, jobs: int, runs: int
) -> None:
    ledger, scans = Jobs(redis, settings), Scans(redis, "indexer")
    for n in range(jobs):
        job = simulated.new_job(ledger, settings)
        scans.begin(job)
        for _ in range(3):
            _report_chunk(job, scans, Chunks(redis, "encoder"), tuple(simulated.files(n, 1)))
        if n < 32:
            ledger.cancel(job)
        else:
            scans.finish(job, 1)
    collection = settings.default_collection
    page = partial(ledger.list, collection, None, None)
    cases: dict[str, Callable[[], object]] = {
        "the newest job": partial(page, 1),
        "a page of 100": partial(page, 100),
        "the last page of 100": partial(
            ledger.list, collection, None, _cursor_at(ledger, jobs - 100), 100
        ),
        "the 32 oldest, found by status": partial(ledger.list, None, "cancelled", None, 100),
        "by a status that none has": partial(ledger.list, None, "paused", None, 100),
        "v1's newest": ledger.newest_of_directory,
    }
    for name, case in cases.items():
        report.add(name, [1000 * _seconds(case) for _ in range(runs)], "ms")


def _seconds(case: Callable[[], object]) -> float:
    started = time.perf_counter()
    case()
    return time.perf_counter() - started


def _cursor_at(jobs: Jobs, place: int) -> str | None:
    """The cursor of the jobs after the newest `place`."""
    cursor = None
    for _ in range(place // 100):
        _, cursor = jobs.list(None, None, cursor, 100)
    return cursor
