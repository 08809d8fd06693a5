"""The Celery tasks of an encoder: one process serves `-Q encode` or `-Q query`, with `-P threads`.

celery -A encoder_worker.tasks worker -Q encode -P threads
"""

import os
import signal
from typing import Any, cast

from celery import signals

from encoder_worker.errors import EncoderFailed, StartupError
from encoder_worker.worker import EncoderQueue, Worker
from shared import log, tracing
from shared.queue import ENCODE, ENCODE_TASK, QUERY, create_celery
from shared.settings import get_settings

app = create_celery(get_settings())
_log = log.get_logger(__name__)
_running: list[Worker] = []


@app.task(name=ENCODE_TASK)
def encode_chunk(job_id: str, chunk_id: str) -> None:
    """Work on a chunk of a load, if it can still be claimed."""
    try:
        _running[0].chunks.work(job_id, chunk_id)
    except EncoderFailed:
        _terminate()


def _terminate() -> None:
    """End this process, to be restarted: a device that failed once keeps failing."""
    _log.critical("encoder_failed", effect="this process ends, and its supervisor starts another")
    os.kill(os.getpid(), signal.SIGTERM)


@signals.setup_logging.connect
def _keep_logging(**_: Any) -> None:
    """A receiver of this signal keeps Celery from configuring logging; `_load` does it."""


@signals.celeryd_init.connect
def _choose_threads(conf: Any, options: dict[str, Any], **_: Any) -> None:
    """Take the number of threads from the settings, unless `-c` names one.

    A process that serves queries has threads of its own for them, and Celery's stay idle.
    """
    serves_queries = QUERY in str(options.get("queues"))
    conf.worker_concurrency = 1 if serves_queries else get_settings().encode_threads


@signals.worker_init.connect
def _load(sender: Any, **_: Any) -> None:
    queues = sorted(sender.app.amqp.queues.consume_from)
    if queues not in ([ENCODE], [QUERY]):
        raise SystemExit(f"An encoder serves one queue: give -Q {ENCODE} or -Q {QUERY}.")
    settings = get_settings()
    log.configure(settings, process=f"encoder-{queues[0]}")
    tracing.start(settings, f"encoder-{queues[0]}")
    try:
        _running.append(
            Worker(settings, cast("EncoderQueue", queues[0]), sender.hostname, _terminate)
        )
    except StartupError as error:
        _log.critical("startup_failed", reason=str(error))
        # Celery logs an ordinary exception of a signal's receiver and goes on without it.
        raise SystemExit(1) from error


@signals.worker_ready.connect
def _start(**_: Any) -> None:
    try:
        for worker in _running:
            worker.start()
    except StartupError as error:
        _log.critical("startup_failed", reason=str(error))
        raise SystemExit(1) from error


@signals.worker_shutting_down.connect
def _stop(**_: Any) -> None:
    for worker in _running:
        worker.stop()


@signals.worker_shutdown.connect
def _close(**_: Any) -> None:
    while _running:
        _running.pop().close()
    tracing.stop()
