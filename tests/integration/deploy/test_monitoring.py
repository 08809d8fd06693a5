"""Prometheus' and Grafana's configuration ask for metrics that the gateway has."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

import deploy
from gateway.metrics import LedgerMetrics, Metrics
from gateway.services.queue_depths import QueueDepths
from shared.ledger import Jobs, Queries, Stats, Webhooks, Workers
from shared.queue import Dispatcher, create_celery
from shared.redis import RedisClient
from shared.settings import Settings

FOLDER = Path(deploy.__file__).parent
ALERTS = FOLDER / "prometheus" / "alerts.yml"
DASHBOARD = FOLDER / "grafana" / "lookalike.json"
METRIC = re.compile(r"\b((?:lookalike|process)_\w+?)(_bucket|_count|_sum|_total)?\b(?=[{\[) ]|$)")


def queries() -> Iterator[str]:
    for rule in yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]:
        yield rule["expr"]
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


@pytest.fixture
def exported(settings: Settings, redis: RedisClient) -> set[str]:
    """The names of all metrics of a gateway."""
    metrics = Metrics()
    jobs, workers = Jobs(redis, settings), Workers(redis, settings)
    depths = QueueDepths(Dispatcher(create_celery(settings)), Queries(redis), workers)
    metrics.watch(LedgerMetrics(Stats(redis), jobs, workers, depths.read, Webhooks(redis)))
    families = text_string_to_metric_families(metrics.render().decode())
    return {family.name for family in families}


def test_every_metric_asked_for_exists(exported: set[str]) -> None:
    asked = {match[1] for query in queries() for match in METRIC.finditer(query)}
    assert len(asked) > 8
    assert asked <= exported


def test_every_metric_of_ours_is_shown_or_watched(exported: set[str]) -> None:
    asked = {match[1] for query in queries() for match in METRIC.finditer(query)}
    assert {name for name in exported if name.startswith("lookalike_")} <= asked


def test_panels_do_not_overlap() -> None:
    panels: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    cells = [
        (x, y)
        for grid in (panel["gridPos"] for panel in panels)
        for x in range(grid["x"], grid["x"] + grid["w"])
        for y in range(grid["y"], grid["y"] + grid["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)
