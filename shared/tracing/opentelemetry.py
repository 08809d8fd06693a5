"""Spans by OpenTelemetry's SDK; the only module that imports it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry import context, propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import (
    Decision,
    Sampler,
    SamplingResult,
)
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import Attributes

_TRACES_PATH = "/v1/traces"
#: Requests of probes and of Prometheus, which come every few seconds.
_NO_SPANS = "health/.*,metrics"
#: Attributes of a request's span that hold its query, in which there may be a signature.
_WITH_QUERY = ("http.url", "http.target", "url.full", "url.query")

_w3c = TraceContextTextMapPropagator()


class _NoClientRoots(Sampler):
    """Begins no trace at a call of Redis: recovery, heartbeats and queues poll it all the time."""

    def __init__(self, others: Sampler) -> None:
        self._others = others

    def should_sample(
        self,
        parent_context: context.Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        parent = trace.get_current_span(parent_context).get_span_context()
        if kind is SpanKind.CLIENT and not parent.is_valid:
            return SamplingResult(Decision.DROP)
        return self._others.should_sample(
            parent_context, trace_id, name, kind, attributes, links, trace_state
        )

    def get_description(self) -> str:
        return f"NoClientRoots({self._others.get_description()})"


class OpenTelemetry:
    """Makes spans and instruments Redis's client and Celery. One for a process."""

    def __init__(self, process: str, processor: SpanProcessor) -> None:
        name = os.environ.get("OTEL_SERVICE_NAME", f"lookalike-{process}")
        self._provider = TracerProvider(resource=Resource.create({SERVICE_NAME: name}))
        # What the OTEL_* variables say, which the provider has read.
        self._provider.sampler = _NoClientRoots(self._provider.sampler)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("lookalike")
        self._apps: list[Any] = []
        propagate.set_global_textmap(_w3c)
        RedisInstrumentor().instrument(tracer_provider=self._provider)
        self._celery: Any = CeleryInstrumentor()  # type: ignore[no-untyped-call]
        self._celery.instrument(tracer_provider=self._provider)

    @contextmanager
    def span(self, name: str, parent: str | None, attributes: dict[str, Any]) -> Iterator[None]:
        """A span that is open meanwhile; see `shared.tracing.span`."""
        under, links = None, []
        if parent is not None:
            under = _w3c.extract({"traceparent": parent})
            open_now = trace.get_current_span().get_span_context()
            if open_now.trace_id == trace.get_current_span(under).get_span_context().trace_id:
                under = None
            elif open_now.is_valid:
                links = [Link(open_now)]
        known = {key: value for key, value in attributes.items() if value is not None}
        with self._tracer.start_as_current_span(name, under, attributes=known, links=links):
            yield

    def traceparent(self) -> str | None:
        """Of the open span."""
        carrier: dict[str, str] = {}
        _w3c.inject(carrier)
        return carrier.get("traceparent")

    def annotate(self, attributes: dict[str, Any]) -> None:
        """Attributes of the open span."""
        trace.get_current_span().set_attributes(attributes)

    def instrument_app(self, app: Any) -> None:
        """A span for each request, without one for each message, and without its query."""
        FastAPIInstrumentor.instrument_app(
            app,
            server_request_hook=_without_query,
            tracer_provider=self._provider,
            excluded_urls=_NO_SPANS,
            exclude_spans=["receive", "send"],
        )
        self._apps.append(app)

    def close(self) -> None:
        """Send what is left, and take the instrumentation away."""
        RedisInstrumentor().uninstrument()
        self._celery.uninstrument()
        for app in self._apps:
            FastAPIInstrumentor.uninstrument_app(app)
        self._provider.shutdown()


def exporting(endpoint: str, process: str) -> OpenTelemetry:
    """One that sends its spans to a collector, by OTLP over HTTP."""
    address = endpoint.rstrip("/")
    if not address.endswith(_TRACES_PATH):
        address += _TRACES_PATH
    return OpenTelemetry(process, BatchSpanProcessor(OTLPSpanExporter(endpoint=address)))


def _without_query(span: trace.Span, _: dict[str, Any]) -> None:
    """Overwrite what of a request's attributes holds its query."""
    if not span.is_recording():
        return
    attributes = getattr(span, "attributes", None) or {}
    for name in _WITH_QUERY:
        value = attributes.get(name)
        if isinstance(value, str):
            span.set_attribute(name, "" if name == "url.query" else value.partition("?")[0])
