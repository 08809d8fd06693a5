"""A scan of very many files: how many a second, and whether memory stays flat."""

import contextlib
import itertools
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil

from indexer.scan.runner import run_scan
from indexer.sources.directory import DirectoryWalk
from indexer.stores import open_stores
from shared.domain.job import DirectorySource, JobSpec
from shared.queue import create_celery
from shared.redis import connect
from shared.settings import Settings
from tests.benchmarks import corpus
from tests.benchmarks.report import Report, timed
from tests.services import MilvusLite, Valkey

_MIB = 1 << 20
#: No encoder works beside the scan, so nothing may wait for one.
_UNBOUNDED = 10**9


def measure(folder: Path, *, files: int, runs: int) -> Report:
    """Walk a made-up tree; then scan it into chunks, with a real ledger and a real queue."""
    root = folder / "pictures"
    corpus.sparse_tree(root, files)
    context = {
        "files": f"{files:,} of 64 bytes, 1,000 to a folder",
        "encoders": "none: chunks are cut, written to the ledger and queued",
    }
    report = Report("Scan", context)
    valkey, milvus = Valkey(folder / "valkey"), MilvusLite(folder / "milvus")
    try:
        settings = Settings(
            image_roots=(root,),
            data_dir=folder / "data",
            redis_url=valkey.url,
            milvus_uri=milvus.uri,
            min_pending_chunks=_UNBOUNDED,
            max_pending_chunks=_UNBOUNDED,
        )
        walks, scans, grown = [], [], []
        for run in range(runs):
            walks.append(files / timed(lambda: _walk(root)))
            with _peak() as peak:
                seconds = timed(partial(_scan, settings, f"scan_{run}", files))
            scans.append(files / seconds)
            grown.append(peak())
    finally:
        valkey.kill()
        milvus.kill()
    report.add("traversal alone", walks, "files/s")
    report.add("whole scan", scans, "files/s", "traversal alone")
    report.add("memory of the scanning process: growth", grown, "MiB")
    return report


def _walk(root: Path) -> None:
    walk = DirectoryWalk(DirectorySource(path=str(root)), (root,))
    for batch in walk.batches():
        assert not batch.failures


def _scan(settings: Settings, collection: str, files: int) -> None:
    redis = connect(settings)
    redis.flushall()
    stores = open_stores(settings, create_celery(settings), "benchmark")
    stores.collections.ensure(collection, weights="untrained-0", pooling="avg")
    job_id = uuid.uuid4().hex
    source = DirectorySource(path=str(settings.image_roots[0]))
    spec = JobSpec(id=job_id, collection=collection, source=source, created_at=time.time())
    stores.jobs.create(spec, [])
    run_scan(job_id, stores)
    found = stores.scans.counts(job_id)
    stores.close()
    redis.close()
    if found.chunked != files:
        raise RuntimeError(f"the scan went wrong, its figures mean nothing: {found}")


@contextlib.contextmanager
def _peak() -> Iterator[Callable[[], float]]:
    """How far this process's memory rose above where it began, in MiB."""
    process, ended = psutil.Process(), threading.Event()
    start = process.memory_info().rss
    highest = [start]

    def watch() -> None:
        for _ in itertools.takewhile(lambda _: not ended.wait(0.2), itertools.count()):
            highest.append(max(highest.pop(), process.memory_info().rss))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    yield lambda: (highest[0] - start) / _MIB
    ended.set()
    thread.join()
