"""The chart's autoscaling, ingress, monitoring and budgets: each points at what is there."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from gateway.routes import health, system
from gateway.schemas.system import System
from shared.queue import ENCODE, QUERY
from tests.unit.deploy.repository import chart, compose

QUEUE_OF = {"encoder": ENCODE, "query-encoder": QUERY}
ALERTS = compose.REPOSITORY / "deploy" / "prometheus" / "alerts.yml"


@pytest.mark.parametrize("variant", chart.VARIANTS)
def test_services_budgets_and_scalers_have_pods(variant: str) -> None:
    objects = chart.variant(variant)
    for service in chart.of_kind(objects, "Service").values():
        selector = {"matchLabels": service["spec"]["selector"]}
        [component] = chart.selected(objects, selector)
        names = {port["name"] for port in chart.container(objects, component)["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= names
    budgets = chart.of_kind(objects, "PodDisruptionBudget")
    assert set(budgets) == set(chart.OURS)
    for component, budget in budgets.items():
        assert chart.selected(objects, budget["spec"]["selector"]) == {component}
    deployments = chart.of_kind(objects, "Deployment")
    for kind in ("ScaledObject", "HorizontalPodAutoscaler"):
        for component, scaler in chart.of_kind(objects, kind).items():
            target = scaler["spec"]["scaleTargetRef"]["name"]
            assert target == deployments[component]["metadata"]["name"]
            # Else each upgrade would set the number back.
            assert "replicas" not in deployments[component]["spec"]


def trigger(variant: str, component: str) -> dict[str, Any]:
    """The one trigger by which KEDA scales a component."""
    scaled = chart.of_kind(chart.variant(variant), "ScaledObject")[component]
    [found] = scaled["spec"]["triggers"]
    return dict(found)


@pytest.mark.parametrize("component", QUEUE_OF)
def test_keda_asks_the_gateway_under_a_name_that_it_answers_to(component: str) -> None:
    objects, found = chart.variant("gpu and keda"), trigger("gpu and keda", component)
    assert found["type"] == "metrics-api"
    url = urlsplit(found["metadata"]["url"])
    service = chart.of_kind(objects, "Service")["gateway"]
    assert url.hostname == f"{service['metadata']['name']}.pictures.svc"
    assert url.port == service["spec"]["ports"][0]["port"]
    assert url.hostname in chart.settings(objects)["LOOKALIKE_ALLOWED_HOSTS"].split(",")
    assert url.path in {getattr(route, "path", "") for route in system.router.routes}
    field, _, queue = found["metadata"]["valueLocation"].partition(".")
    assert field in System.model_fields
    assert queue == QUEUE_OF[component]
    # The key comes from a Secret, by KEDA's own reference.
    assert found["metadata"]["authMode"] == "bearer"
    name = found["authenticationRef"]["name"]
    authentication = chart.of_kind(objects, "TriggerAuthentication")["read"]
    assert authentication["metadata"]["name"] == name
    assert authentication["spec"]["secretTargetRef"] == [
        {"parameter": "token", "name": "ours", "key": "read"}
    ]


def test_loads_may_be_scaled_to_nothing() -> None:
    scaled = chart.of_kind(chart.variant("gpu and keda"), "ScaledObject")
    assert scaled["encoder"]["spec"]["minReplicaCount"] == 0
    assert scaled["query-encoder"]["spec"]["minReplicaCount"] == 1


def test_keda_asks_prometheus_for_a_metric_that_there_is() -> None:
    found = trigger("keda by prometheus", "encoder")["metadata"]
    assert found["threshold"] == "6"
    name = re.fullmatch(r'max\((\w+)\{queue="(\w+)"\}\)', found["query"])
    assert name
    assert name[2] == ENCODE
    assert f'"{name[1]}"' in (compose.REPOSITORY / "gateway" / "metrics.py").read_text()
    assert chart.of_kind(chart.variant("keda by prometheus"), "TriggerAuthentication") == {}


@pytest.mark.parametrize("component", QUEUE_OF)
def test_an_hpa_reads_the_same_metric(component: str) -> None:
    found = chart.of_kind(chart.variant("hpa"), "HorizontalPodAutoscaler")[component]
    [metric] = found["spec"]["metrics"]
    assert metric["external"]["metric"] == {
        "name": "lookalike_queue_depth",
        "selector": {"matchLabels": {"queue": QUEUE_OF[component]}},
    }
    assert metric["external"]["target"]["type"] == "AverageValue"


def test_without_autoscaling_the_numbers_are_the_operator_s() -> None:
    deployments = chart.of_kind(chart.variant("cpu"), "Deployment")
    replicas = {name: found["spec"]["replicas"] for name, found in deployments.items()}
    assert replicas == {"gateway": 2, "indexer": 1, "encoder": 4, "query-encoder": 1}


def test_the_ingress_takes_uploads_and_streams() -> None:
    objects = chart.variant("ingress and monitoring")
    [ingress] = chart.of_kind(objects, "Ingress").values()
    nginx = {
        name.removeprefix("nginx.ingress.kubernetes.io/"): value
        for name, value in ingress["metadata"]["annotations"].items()
    }
    assert nginx["proxy-body-size"] == "128m"
    assert nginx["proxy-buffering"] == nginx["proxy-request-buffering"] == "off"
    assert int(nginx["proxy-read-timeout"]) >= 600
    [rule] = ingress["spec"]["rules"]
    [path] = rule["http"]["paths"]
    service = chart.of_kind(objects, "Service")["gateway"]
    backend = path["backend"]["service"]
    assert backend["name"] == service["metadata"]["name"]
    assert backend["port"]["name"] in {port["name"] for port in service["spec"]["ports"]}
    # Browsers call it by this name, so it has to be one that the gateway answers to.
    settings = chart.settings(objects)
    assert settings["LOOKALIKE_PUBLIC_URL"] == f"https://{rule['host']}"
    assert settings["LOOKALIKE_ALLOWED_HOSTS"].startswith("pictures.internal,demo-lookalike")


def test_prometheus_finds_the_metrics_and_the_alerts_their_job() -> None:
    objects = chart.variant("ingress and monitoring")
    [monitor] = chart.of_kind(objects, "ServiceMonitor").values()
    [endpoint] = monitor["spec"]["endpoints"]
    assert endpoint["path"] in {getattr(route, "path", "") for route in health.router.routes}
    assert endpoint["authorization"]["credentials"] == {"name": "ours", "key": "read"}
    [service] = [
        found
        for found in chart.of_kind(objects, "Service").values()
        if monitor["spec"]["selector"]["matchLabels"].items() <= found["metadata"]["labels"].items()
    ]
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    job = service["metadata"]["labels"][monitor["spec"]["jobLabel"]]
    assert set(re.findall(r'job="(\w+)"', ALERTS.read_text())) <= {job}


def test_alerts_and_dashboards_are_those_of_the_other_deployments() -> None:
    objects = chart.variant("ingress and monitoring")
    [rules] = chart.of_kind(objects, "PrometheusRule").values()
    assert rules["spec"] == yaml.safe_load(ALERTS.read_text())
    dashboards = {
        file: text
        for found in chart.of_kind(objects, "ConfigMap").values()
        if "grafana_dashboard" in found["metadata"]["labels"]
        for file, text in found["data"].items()
    }
    files = list((compose.REPOSITORY / "deploy" / "grafana").glob("*.json"))
    assert {name: text.strip() for name, text in dashboards.items()} == {
        file.name: file.read_text().strip() for file in files
    }


def test_custom_kinds_are_only_there_on_request() -> None:
    for variant in ("default", "cpu", "external stores", "policies off"):
        kinds = {found["kind"] for found in chart.variant(variant)}
        assert not kinds & {*chart.CUSTOM, "HorizontalPodAutoscaler", "Ingress"}, variant


def test_operators_are_told_what_they_forgot() -> None:
    assert "No API key is asked for" in chart.notes("default")
    assert "No API key is asked for" not in chart.notes("cpu")
    assert "TRUSTED_PROXIES is not set" in chart.notes("ingress and monitoring")
    assert "kubectl -n pictures port-forward service/demo-lookalike-gateway" in chart.notes("cpu")
