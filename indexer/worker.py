"""The parts of an indexer process: its stores, its heartbeat, its recovery of jobs."""

import os
import resource
import socket
import time
import uuid
from collections.abc import Callable

from indexer.recovery.flush import FlushAfterLoads
from indexer.recovery.recovery import Recovery
from indexer.recovery.watching import Watching
from indexer.scan.admission import ScanAdmission
from indexer.scan.runner import run_scan
from indexer.stores import open_stores
from indexer.webhooks.delivery import WebhookDelivery
from shared.domain.worker import WorkerInfo
from shared.ledger import Heartbeat, require_noeviction
from shared.log import get_logger
from shared.queue import SCAN, Celery
from shared.retry import ShuttingDown
from shared.settings import Settings

_log = get_logger(__name__)


class IndexerWorker:
    """One per worker process. Nothing is connected before its first call."""

    def __init__(self, settings: Settings, app: Celery) -> None:
        _allow_deep_trees()
        indexer_id = uuid.uuid4().hex
        self._stores = open_stores(settings, app, indexer_id)
        self._admission = ScanAdmission(settings.max_concurrent_scans)
        self._heartbeat = Heartbeat(self._stores.workers, _describe(indexer_id), settings)
        flush = FlushAfterLoads(self._stores.jobs, self._stores.collections)
        self._recovery = Recovery(self._stores, flush)
        self._watching = Watching(self._stores, indexer_id)
        self._webhooks = WebhookDelivery(self._stores)

    def start(self) -> None:
        """Start the heartbeat and the recovery of jobs."""
        self._heartbeat.start()
        self._recovery.start()
        self._watching.start()
        self._webhooks.start()

    def check_redis(self) -> None:
        """Raises EvictionEnabled. To be called once Redis answers."""
        require_noeviction(self._stores.redis)

    def scan(self, job_id: str) -> None:
        """Scan a job's source, unless too many long scans run already: recovery sends it again."""
        with self._admission.take(job_id, self._stores.jobs) as admitted:
            if not admitted:
                _log.info("scan_postponed")
                return
            try:
                run_scan(job_id, self._stores)
            except ShuttingDown:
                _log.info("scan_interrupted")

    def stop(self) -> None:
        """Interrupt the scans; another indexer begins them again."""
        self._stores.stop.set()

    def close(self) -> None:
        """Deregister this process and close its connections."""
        self.stop()
        self._watching.stop()
        self._webhooks.stop()
        self._recovery.stop()
        self._heartbeat.stop()
        self._stores.close()


def _describe(indexer_id: str) -> Callable[[], WorkerInfo]:
    name, started = f"{socket.gethostname()}:{os.getpid()}", time.time()
    return lambda: WorkerInfo(id=indexer_id, name=name, queue=SCAN, started_at=started)


def _allow_deep_trees() -> None:
    """Raise the limit of open files: a walk holds two for each level of the tree."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(65_536, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
