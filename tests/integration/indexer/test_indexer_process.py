"""The indexer as a Celery worker, through outages of its stores and kills."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.domain.collection import IndexSpec
from shared.domain.job import Job
from shared.settings import Settings
from shared.store import Collections, MilvusConnection
from tests.integration.indexer.loads import WEIGHTS, Loads
from tests.services import MilvusLite, Process, Valkey, wait_until

COLLECTION = "pictures"
FILES = 60


def _durable(valkey: Valkey) -> Valkey:
    """Let it write its log before it answers.

    With `everysec` it puts writes off, for two seconds at most, while the disk is slow; a kill
    then takes back what was acknowledged, and no test could be exact.
    """
    valkey.kill()
    valkey.command = [*valkey.command, "--appendfsync", "always"]
    valkey.start()
    return valkey


class Site:
    """Stores that may be killed, and indexers as processes."""

    def __init__(self, folder: Path, base: Settings) -> None:
        self.folder = folder
        self.valkey = _durable(Valkey(folder / "valkey"))
        self.milvus = MilvusLite(folder / "milvus")
        self.settings = base.model_copy(
            update={
                "redis_url": type(base.redis_url)(self.valkey.url),
                "milvus_uri": self.milvus.uri,
                "lease_seconds": 2.0,
                "chunk_size": 2,
                "max_pending_chunks": 3,
            }
        )
        self.indexers: list[Process] = []
        milvus = MilvusConnection(self.settings)
        flat = IndexSpec(type="FLAT")
        collections = Collections(milvus, self.settings)
        collections.create(COLLECTION, weights=WEIGHTS, pooling="avg", index=flat)
        milvus.close()
        self.loads = Loads(self.settings, COLLECTION)

    def start_indexer(self) -> Process:
        settings = self.settings
        environment = {
            "LOOKALIKE_IMAGE_ROOTS": str(settings.image_roots[0]),
            "LOOKALIKE_DATA_DIR": str(settings.data_dir),
            "LOOKALIKE_REDIS_URL": settings.redis_url.get_secret_value(),
            "LOOKALIKE_MILVUS_URI": settings.milvus_uri,
            "LOOKALIKE_LEASE_SECONDS": str(settings.lease_seconds),
            "LOOKALIKE_CHUNK_SIZE": str(settings.chunk_size),
            "LOOKALIKE_MAX_PENDING_CHUNKS": str(settings.max_pending_chunks),
            "LOOKALIKE_LOG_FORMAT": "json",
        }
        process = Process(
            [
                *(sys.executable, "-m", "celery", "-A", "indexer.tasks", "worker"),
                *("-Q", "scan", "-P", "threads", "-c", "4"),
                *("--without-gossip", "--without-mingle", "-l", "INFO"),
            ],
            self.folder / f"indexer{len(self.indexers)}.log",
            environment,
        )
        self.indexers.append(process)
        return process

    def begin(self, **spec: Any) -> str:
        """Send a job and wait until its scan waits for the encoders."""
        job = self.loads.job(**spec)
        self.loads.indexer().stores.dispatcher.send_scan(job)
        wait_until(lambda: len(self.loads.pending(job)) == 3, 60, "three chunks")
        return job

    def finish(self, job: str) -> Job:
        """Complete chunks until the job has ended, through whatever outages."""

        def ended() -> bool:
            self.loads.complete(job)
            return self.loads.jobs.get(job).finished

        wait_until(ended, 90, "the job's end")
        return self.loads.jobs.get(job)

    def assert_exact(self, job: Job) -> None:
        assert (job.status, job.total, job.indexed) == ("done", FILES, FILES)
        names = self.loads.encoded()
        assert len(names) == len(set(names)) == FILES

    def close(self) -> None:
        for process in (*self.indexers, self.valkey, self.milvus):
            process.kill()
        self.loads.close()


@pytest.fixture
def site(tmp_path: Path, base_settings: Settings) -> Iterator[Site]:
    opened = Site(tmp_path, base_settings)
    opened.loads.put(*(f"{n:03}.jpg" for n in range(FILES)))
    yield opened
    opened.close()


def test_a_job_is_scanned_and_a_polite_end_leaves_no_trace(site: Site) -> None:
    indexer = site.start_indexer()
    job = site.begin()
    workers = site.loads.indexers[0].workers
    (living,) = [worker for worker in workers.list_alive() if str(indexer.pid) in worker.name]
    assert living.queue == "scan"
    # In the middle of a scan: the thread must not keep the process from ending.
    os.kill(indexer.pid, signal.SIGTERM)
    indexer.wait(30)
    assert living.id not in [worker.id for worker in workers.list_alive()]
    assert site.loads.jobs.get(job).status == "scanning"
    site.start_indexer()
    site.assert_exact(site.finish(job))


def test_an_indexer_killed_twice(site: Site) -> None:
    indexer = site.start_indexer()
    job = site.begin()
    for _ in range(2):
        indexer.kill()
        site.loads.complete(job)
        indexer.start()
        wait_until(lambda: len(site.loads.pending(job)) == 3, 60, "three more chunks")
    site.assert_exact(site.finish(job))


def test_redis_killed_in_the_middle(site: Site) -> None:
    site.start_indexer()
    job = site.begin()
    site.loads.complete(job)
    site.valkey.kill()
    site.valkey.start()
    site.assert_exact(site.finish(job))


def test_redis_killed_while_chunks_are_cut(site: Site) -> None:
    site.start_indexer()
    job = site.begin()
    done = threading.Event()

    def outages() -> None:
        while not done.wait(1.0):
            site.valkey.kill()
            site.valkey.start()

    restarting = threading.Thread(target=outages)
    restarting.start()
    try:
        finished = site.finish(job)
    finally:
        done.set()
        restarting.join()
    assert (finished.status, finished.total, finished.done) == ("done", FILES, FILES)


def test_milvus_killed_in_the_middle(site: Site) -> None:
    site.start_indexer()
    job = site.begin()
    site.finish(job)
    site.loads.claims.clear()
    site.loads.put(*(f"more/{n:03}.jpg" for n in range(FILES)))
    site.milvus.kill()
    job = site.loads.job()
    site.loads.indexer().stores.dispatcher.send_scan(job)
    wait_until(lambda: site.loads.jobs.get(job).status == "scanning", 60, "the scan")
    site.milvus.start()
    finished = site.finish(job)
    assert (finished.unchanged, finished.indexed) == (FILES, FILES)
