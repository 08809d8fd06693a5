"""The metrics that Prometheus scrapes.

Counts of images come from the ledger, so every gateway shows the same: aggregate them by `max`.
Searches and requests are counted by each gateway process for itself: scrape each process at an
address of its own, and aggregate those by `sum`.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from shared.domain.query import SearchTimings
from shared.errors import Unavailable
from shared.ledger import Jobs, Stats, Workers

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
        serving = [worker.queue for worker in self.workers.list_alive()]
        for queue, waiting in self.queue_depths().items():
            depth.add_metric([queue], waiting)
            alive.add_metric([queue], serving.count(queue))
        yield depth
        yield alive
