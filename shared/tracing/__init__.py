"""Traces by OpenTelemetry. Without an address to send them to, nothing of it is imported.

What a request causes is one trace: its job keeps the request's `traceparent`, and with each claim a
chunk is given it, whichever process sent the chunk's message, and how often.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from typing import Any, Protocol

from shared.settings import Settings

_OFF: AbstractContextManager[None] = nullcontext()


class Tracer(Protocol):
    """What `shared.tracing.opentelemetry` is when it is there."""

    def span(
        self, name: str, parent: str | None, attributes: dict[str, Any]
    ) -> AbstractContextManager[None]: ...
    def traceparent(self) -> str | None: ...
    def annotate(self, attributes: dict[str, Any]) -> None: ...
    def instrument_app(self, app: Any) -> None: ...
    def close(self) -> None: ...


class TelemetryMissing(SystemExit):
    """Traces are asked for, and the packages of the extra `telemetry` are not installed.

    It ends the process from wherever it starts: Celery logs other exceptions, and goes on.
    """


_tracer: Tracer | None = None


def start(settings: Settings, process: str) -> None:
    """Send this process's traces to LOOKALIKE_OTLP_ENDPOINT, if it is set.

    Also instruments the clients of Redis and Celery. Raises TelemetryMissing.
    """
    if not settings.otlp_endpoint:
        return
    try:
        opentelemetry = import_module("shared.tracing.opentelemetry")
    except ImportError as error:
        raise TelemetryMissing(
            "LOOKALIKE_OTLP_ENDPOINT is set, and OpenTelemetry is not installed: "
            "pip install 'lookalike[telemetry]', or leave it empty."
        ) from error
    use(opentelemetry.exporting(settings.otlp_endpoint, process))


def use(tracer: Tracer | None) -> None:
    """Have spans made by this; None ends it."""
    global _tracer
    if _tracer is not None:
        _tracer.close()
    _tracer = tracer


def stop() -> None:
    """Send what is left, and make no more spans."""
    use(None)


def instrument_app(app: Any) -> None:
    """Give each request to a FastAPI application a span."""
    if _tracer is not None:
        _tracer.instrument_app(app)


def span(
    name: str, *, parent: str | None = None, **attributes: Any
) -> AbstractContextManager[None]:
    """A span for what is done meanwhile, in the trace of `parent` (a `traceparent`) if it is given.

    Where the calling thread is in that trace already, it is a child of the span that is open.
    """
    return _OFF if _tracer is None else _tracer.span(name, parent, attributes)


def traceparent() -> str | None:
    """What names the open span to other processes (https://www.w3.org/TR/trace-context)."""
    return None if _tracer is None else _tracer.traceparent()


def trace_id() -> str | None:
    """The trace that the open span is of, 32 hex digits."""
    named = traceparent()
    return named.split("-")[1] if named else None


def annotate(**attributes: Any) -> None:
    """Say more of the open span."""
    if _tracer is not None:
        _tracer.annotate(attributes)


@contextmanager
def used(tracer: Tracer) -> Iterator[None]:
    """Have spans made by this for as long as the context lasts."""
    use(tracer)
    try:
        yield
    finally:
        stop()
