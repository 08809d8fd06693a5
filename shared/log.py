"""Structured logs: one event a line, with the job and chunk it belongs to bound to it."""

import logging
import sys

import structlog

from shared.settings import Settings

#: Libraries that log a traceback for failures which are answered properly elsewhere.
_CHATTY = ("pymilvus", "kombu", "celery.redirected", "grpc", "httpx", "PIL", "uvicorn.access")


def configure(settings: Settings, process: str) -> None:
    """Send structlog's and the libraries' lines to stderr, as JSON or for a console."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
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


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger for a module; bind `job` and `chunk` with structlog's context variables."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
