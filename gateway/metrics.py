"""The metrics that Prometheus scrapes.

Counts of images come from the ledger, so every gateway shows the same: aggregate them by `max`.
Searches and requests are counted by each gateway process for itself: scrape each process at an
address of its own, and aggregate those by `sum`.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from shared.domain.job import FINISHED
from shared.domain.query import SearchTimings
from shared.domain.webhook import WebhookState
from shared.domain.worker import GpuState
from shared.errors import Unavailable
from shared.ledger import Jobs, Stats, Webhooks, Workers

_SEARCH_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_OUTCOMES = ("indexed", "unchanged", "duplicates", "failed")


class Metrics:
    """The metrics of one gateway, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self.search_seconds = Histogram(
            "lookalike_search_seconds",
            "Seconds a search took, by stage.",
            ["stage"],
            buckets=_SEARCH_BUCKETS,
            registry=self._registry,
        )
        self.requests = Counter(
            "lookalike_http_requests",
            "Requests answered, by route template and status.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self.request_seconds = Histogram(
            "lookalike_http_request_seconds",
            "Seconds until the whole answer was sent, by route template; no event streams.",
            ["method", "route"],
            buckets=_SEARCH_BUCKETS,
            registry=self._registry,
        )

        self.milvus_up = Gauge(
            "lookalike_milvus_up",
            "Whether Milvus has answered within the last 15 seconds.",
            registry=self._registry,
        )

    def searched(self, started: float, encode: float, search_started: float) -> SearchTimings:
        """Count a search that ends now; its timings in seconds.

        `started` and `search_started` are of `time.perf_counter`; `encode` is 0 without encoding.
        """
        end = time.perf_counter()
        timings = SearchTimings(encode=encode, search=end - search_started, total=end - started)
        for stage, seconds in timings._asdict().items():
            if seconds > 0:
                self.search_seconds.labels(stage).observe(seconds)
        return timings

    def watch(self, ledger: "LedgerMetrics") -> None:
        """Also show the ledger's metrics, read at each scrape."""
        self._registry.register(ledger)

    def render(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)


@dataclass(frozen=True)
class LedgerMetrics:
    """Reads the ledger at each scrape. Without Redis, only `lookalike_redis_up` is shown."""

    stats: Stats
    jobs: Jobs
    workers: Workers
    queue_depths: Callable[[], Mapping[str, int]]
    webhooks: Webhooks

    def describe(self) -> Iterator[Metric]:
        """Nothing: without it, registering would call `collect` and wait for Redis."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The metrics as of now."""
        up = GaugeMetricFamily("lookalike_redis_up", "Whether Redis answered this scrape.")
        try:
            found = list(self._read())
        except Unavailable:
            found = []
        up.add_metric([], 1 if found else 0)
        yield up
        yield from found

    def _read(self) -> Iterator[Metric]:
        stats = self.stats.read()
        images = CounterMetricFamily(
            "lookalike_images", "Images of all loads, by outcome.", labels=["outcome"]
        )
        for outcome in _OUTCOMES:
            images.add_metric([outcome], stats.get(f"images:{outcome}", 0))
        yield images
        jobs = CounterMetricFamily("lookalike_jobs", "Jobs that ended, by how.", labels=["status"])
        for status in sorted(FINISHED):
            jobs.add_metric([status], stats.get(f"jobs:{status}", 0))
        yield jobs
        yield CounterMetricFamily(
            "lookalike_encode_seconds",
            "Seconds that encoders spent on loads.",
            value=stats.get("encode_seconds", 0),
        )
        yield CounterMetricFamily(
            "lookalike_encoded_bytes",
            "Bytes that encoders read from pictures.",
            value=stats.get("encoded_bytes", 0),
        )
        yield GaugeMetricFamily(
            "lookalike_jobs_active", "Jobs that have not ended.", value=self.jobs.count_active()
        )
        depth = GaugeMetricFamily(
            "lookalike_queue_depth", "Messages that wait, by queue.", labels=["queue"]
        )
        alive = GaugeMetricFamily(
            "lookalike_workers",
            "Processes with a heartbeat, by the queue they serve.",
            labels=["queue"],
        )
        workers = self.workers.list_alive()
        serving = [worker.queue for worker in workers]
        for queue, waiting in self.queue_depths().items():
            depth.add_metric([queue], waiting)
            alive.add_metric([queue], serving.count(queue))
        yield depth
        yield alive
        yield from _gpus(worker.gpu for worker in workers if worker.gpu)
        yield from self._redis()
        yield from _messages(self.webhooks.list())

    def _redis(self) -> Iterator[Metric]:
        used, limit = self.stats.memory()
        yield GaugeMetricFamily("lookalike_redis_memory_bytes", "Bytes Redis uses.", value=used)
        yield GaugeMetricFamily(
            "lookalike_redis_memory_limit_bytes", "Its maxmemory; 0 is none.", value=limit
        )


def _gpus(states: Iterable[GpuState]) -> Iterator[Metric]:
    """The GPUs, each once however many encoders share it. Without a GPU there is no sample."""
    named = ["gpu"]
    busy = GaugeMetricFamily(
        "lookalike_gpu_utilisation_ratio", "Share of time in which a GPU works.", labels=named
    )
    used = GaugeMetricFamily("lookalike_gpu_memory_used_bytes", "Memory in use.", labels=named)
    total = GaugeMetricFamily("lookalike_gpu_memory_bytes", "Memory of a GPU.", labels=named)
    for gpu in {state.uuid: state for state in states}.values():
        busy.add_metric([gpu.uuid], gpu.utilisation)
        used.add_metric([gpu.uuid], gpu.memory_used)
        total.add_metric([gpu.uuid], gpu.memory_total)
    yield from (busy, used, total)


def _messages(webhooks: Sequence[WebhookState]) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "lookalike_webhook_messages",
        "Messages that wait for a webhook.",
        value=sum(state.waiting for state in webhooks),
    )
    yield GaugeMetricFamily(
        "lookalike_webhooks_failing",
        "Webhooks whose last message was not taken.",
        value=sum(state.failures > 0 for state in webhooks),
    )
