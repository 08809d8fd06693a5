"""The indexer's Celery application: `celery -A indexer.tasks worker -Q scan -P threads`."""

from typing import Any

from celery import signals
from structlog.contextvars import bound_contextvars

from indexer.worker import IndexerWorker
from shared import log, tracing
from shared.ledger import EvictionEnabled
from shared.queue import SCAN_TASK, create_celery
from shared.settings import get_settings

app = create_celery(get_settings())
# Unless `-c` says another number.
app.conf.worker_concurrency = get_settings().max_concurrent_scans

_log = log.get_logger(__name__)
_worker: IndexerWorker | None = None


@signals.worker_init.connect
def _open(**_: Any) -> None:
    global _worker
    settings = get_settings()
    log.configure(settings, "indexer")
    tracing.start(settings, "indexer")
    _worker = IndexerWorker(settings, app)
    _worker.start()


@signals.worker_ready.connect
def _check_redis(**_: Any) -> None:
    if _worker is None:
        return
    try:
        _worker.check_redis()
    except EvictionEnabled as error:
        _log.critical("startup_failed", reason=str(error))
        # Celery logs an ordinary exception of a signal's receiver and goes on without it.
        raise SystemExit(1) from error


@signals.worker_shutting_down.connect
def _stop_scans(**_: Any) -> None:
    if _worker is not None:
        _worker.stop()


@signals.worker_shutdown.connect
def _close(**_: Any) -> None:
    if _worker is not None:
        _worker.close()
    tracing.stop()


@app.task(name=SCAN_TASK)
def scan(job_id: str) -> None:
    """Scan a job's source."""
    if _worker is None:
        raise RuntimeError("the worker was never initialised")
    with bound_contextvars(job=job_id):
        _worker.scan(job_id)
