"""The indexer's Celery application: `celery -A indexer.tasks worker -Q scan -P threads`."""

import os
import resource
import socket
import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any

from celery import signals
from structlog.contextvars import bound_contextvars

from indexer.active_scans import ActiveScans
from indexer.recovery.recovery import Recovery
from indexer.scan.admission import ScanAdmission
from indexer.scan.scan import Services, run_scan
from shared import log
from shared.domain.worker import WorkerInfo
from shared.ledger import Heartbeat, Jobs, Scans, Workers
from shared.queue.celery_app import create_celery
from shared.queue.dispatcher import Dispatcher
from shared.queue.routing import (
    SCAN,
    SCAN_TASK,
)
from shared.redis import connect
from shared.retry import ShuttingDown
from shared.settings import Settings, get_settings
from shared.store.collections import Collections
from shared.store.images import Images

app = create_celery(get_settings())

_log = log.get_logger(__name__)


@dataclass
class Process:
    """What lives as long as the worker process."""

    services: Services
    admission: ScanAdmission
    heartbeat: Heartbeat
    recovery: Recovery

    @classmethod
    def open(cls, settings: Settings) -> "Process":
        """Make every client; none is connected before it is first used."""
        indexer_id = uuid.uuid4().hex
        name, started = f"{socket.gethostname()}:{os.getpid()}", time.time()
        redis = connect(settings)
        workers = Workers(redis, settings)
        services = Services(
            settings=settings,
            jobs=Jobs(redis, settings),
            scans=Scans(redis, indexer_id),
            workers=workers,
            collections=Collections(settings),
            images=Images(settings),
            dispatcher=Dispatcher(app, redis),
            active_scans=ActiveScans(),
            stop=threading.Event(),
        )

        def info() -> WorkerInfo:
            return WorkerInfo(id=indexer_id, name=name, queue=SCAN, started_at=started)

        return cls(
            services=services,
            admission=ScanAdmission(settings.max_concurrent_scans),
            heartbeat=Heartbeat(workers, info, settings),
            recovery=Recovery(
                services.jobs,
                services.scans,
                services.collections,
                services.workers,
                services.dispatcher,
                services.active_scans,
                settings,
            ),
        )

    def close(self) -> None:
        """Say goodbye; scans that were interrupted are taken up by the next indexer."""
        self.services.stop.set()
        self.recovery.stop()
        self.heartbeat.stop()
        self.services.collections.close()
        self.services.images.close()


_process: Process | None = None


@signals.worker_init.connect
def _open(**_: Any) -> None:
    global _process
    settings = get_settings()
    log.configure(settings, "indexer")
    _allow_deep_trees()
    _process = Process.open(settings)
    _process.heartbeat.start()
    _process.recovery.start()


@signals.worker_shutting_down.connect
def _stop_scans(**_: Any) -> None:
    if _process is not None:
        _process.services.stop.set()


@signals.worker_shutdown.connect
def _close(**_: Any) -> None:
    if _process is not None:
        _process.close()


@app.task(name=SCAN_TASK)
def scan(job_id: str) -> None:
    """Scan a job's source."""
    process = _process
    if process is None:
        raise RuntimeError("the worker was never initialised")
    with bound_contextvars(job=job_id), process.admission.take(job_id, process.services) as taken:
        if not taken:
            _log.info("scan_postponed")
            return
        try:
            run_scan(job_id, process.services)
        except ShuttingDown:
            _log.info("scan_interrupted")


def _allow_deep_trees() -> None:
    """A walk holds two open files for each level of the tree."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(65_536, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
