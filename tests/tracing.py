"""Spans kept in memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext

from shared import tracing
from shared.tracing.opentelemetry import OpenTelemetry


class Spans:
    """The spans that have ended."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    def named(self, name: str) -> Sequence[ReadableSpan]:
        """Those of a name, by their ends."""
        return [span for span in self._exporter.get_finished_spans() if span.name == name]

    def one(self, name: str) -> ReadableSpan:
        """The only one of a name."""
        (found,) = self.named(name)
        return found

    @property
    def names(self) -> Sequence[str]:
        """Of all, by their ends."""
        return [span.name for span in self._exporter.get_finished_spans()]


@contextmanager
def kept_spans() -> Iterator[Spans]:
    """Trace this process for as long as the context lasts."""
    exporter = InMemorySpanExporter()
    with tracing.used(OpenTelemetry("test", SimpleSpanProcessor(exporter))):
        yield Spans(exporter)


def context_of(span: ReadableSpan) -> SpanContext:
    """What names a span and its trace."""
    context = span.get_span_context()
    assert context is not None
    return context


def trace_of(span: ReadableSpan) -> int:
    """The trace that a span is of."""
    return context_of(span).trace_id


def id_of(span: ReadableSpan) -> int:
    """The id of a span in its trace."""
    return context_of(span).span_id


def parent_of(span: ReadableSpan) -> int | None:
    """The id of the span that it is a part of."""
    return span.parent.span_id if span.parent else None
