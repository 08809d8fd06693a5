"""Structured logs: one event a line, with the job and chunk it belongs to bound to it."""

import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from shared import tracing
from shared.settings import Settings

#: The context variable that names the request which a line belongs to.
REQUEST_ID = "request_id"

#: Libraries that log a traceback for failures which are answered properly elsewhere.
_CHATTY = ("pymilvus", "kombu", "celery.redirected", "grpc", "httpx", "PIL", "uvicorn.access")

#: An outage that a call meets again within this time goes on.
_QUIET_SECONDS = 60.0


def configure(settings: Settings, process: str) -> None:
    """Send structlog's and the libraries' lines to stderr, as JSON or for a console."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_trace,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        # First, so that a line below the level costs next to nothing.
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(
            logging.CRITICAL if name == "pymilvus" else logging.WARNING
        )
    structlog.contextvars.bind_contextvars(process=process)


def _add_trace(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    trace_id = tracing.trace_id()
    if trace_id is not None:
        event["trace_id"] = trace_id
    return event


class OutageLog:
    """Logs that a part is away, or takes no writes, once: not for each call that meets it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._met: dict[str, float] = {}
        self._over: set[str] = set()
        self._log = get_logger(__name__)

    def met(self, code: str, error: BaseException) -> None:
        """A call met the outage of this code. Logged if it is the first for a minute."""
        now = time.monotonic()
        with self._lock:
            goes_on = now - self._met.get(code, -_QUIET_SECONDS) < _QUIET_SECONDS
            self._met[code] = now
            self._over.discard(code)
        if not goes_on:
            # An Unavailable tells a client what to do; its cause tells what happened.
            cause = str(error.__cause__ or error)[:300]
            self._log.warning("outage_began", code=code, error=cause)

    def ended(self, code: str) -> None:
        """A call that had met the outage succeeded. Logged once."""
        with self._lock:
            known = code in self._met and code not in self._over
            self._over.add(code)
        if known:
            self._log.info("outage_ended", code=code)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger for a module; bind `job` and `chunk` with structlog's context variables."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger


@contextmanager
def of_request(request_id: str | None) -> Iterator[None]:
    """Bind the lines that are logged meanwhile to a request, if work is done for one."""
    if request_id is None:
        yield
        return
    with structlog.contextvars.bound_contextvars(**{REQUEST_ID: request_id}):
        yield


def bound_request_id() -> str | None:
    """The id of the request that is being answered, or whose job is being worked on."""
    value = structlog.contextvars.get_contextvars().get(REQUEST_ID)
    return str(value) if value is not None else None


#: The outages that this process has met.
outages = OutageLog()
