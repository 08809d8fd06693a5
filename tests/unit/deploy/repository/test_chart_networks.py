"""The chart's network policies: the networks of compose.yaml, and who is selected."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.deploy.repository import chart, compose

WITH_POLICIES = [name for name in chart.VARIANTS if name != "policies off"]


def policies(variant: str) -> dict[str, dict[str, Any]]:
    """The specs of a variant's policies, by the component that each is for."""
    objects = chart.variant(variant)
    found = chart.of_kind(objects, "NetworkPolicy")
    return {name: policy["spec"] for name, policy in found.items()}


def peers(rules: list[dict[str, Any]], key: str) -> Iterator[dict[str, Any]]:
    for rule in rules:
        yield from rule.get(key, [])


def reach(variant: str, component: str, ports: set[int]) -> set[str]:
    """Which pods of the release a component may call on some of these ports, by name."""
    objects = chart.variant(variant)
    found: set[str] = set()
    for rule in policies(variant)[component]["egress"]:
        if ports & {port["port"] for port in rule["ports"]}:
            for peer in rule.get("to", []):
                if "podSelector" in peer:
                    found |= chart.selected(objects, peer["podSelector"])
    return found


def is_let_out(variant: str, component: str) -> bool:
    """Whether a component may call addresses of the world on the web's ports."""
    return any(
        "ipBlock" in peer
        for rule in policies(variant)[component]["egress"]
        if {port["port"] for port in rule["ports"]} == {80, 443}
        for peer in rule.get("to", [])
    )


@pytest.mark.parametrize("variant", WITH_POLICIES)
def test_every_pod_has_one_policy_for_both_ways(variant: str) -> None:
    objects, found = chart.variant(variant), policies(variant)
    assert set(found) == set(chart.pods(objects))
    for component, policy in found.items():
        assert chart.selected(objects, policy["podSelector"]) == {component}
        assert policy["policyTypes"] == ["Ingress", "Egress"]


@pytest.mark.parametrize("variant", WITH_POLICIES)
def test_selectors_of_peers_select_pods_that_are_there(variant: str) -> None:
    objects = chart.variant(variant)
    for policy in policies(variant).values():
        chosen = [
            *peers(policy.get("ingress", []), "from"),
            *peers(policy.get("egress", []), "to"),
        ]
        for peer in chosen:
            if "podSelector" in peer:
                assert chart.selected(objects, peer["podSelector"])


@pytest.mark.parametrize("component", chart.OURS)
def test_networks_are_those_of_compose(component: str) -> None:
    networks = compose.services(compose.COMPOSE, compose.filled())[component]["networks"]
    assert reach("default", component, {6379}) == {"redis"}
    assert is_let_out("default", component) == ("front" in networks)


def test_redis_is_called_by_our_pods_alone_and_calls_nobody() -> None:
    objects, redis = chart.variant("default"), policies("default")["redis"]
    assert redis["egress"] == []
    [rule] = redis["ingress"]
    [peer] = rule["from"]
    # Without a namespaceSelector it means this namespace.
    assert set(peer) == {"podSelector"}
    assert chart.selected(objects, peer["podSelector"]) == set(chart.OURS)
    [port] = chart.container(objects, "redis")["ports"]
    assert rule["ports"] == [{"port": port["containerPort"], "protocol": "TCP"}]


def test_only_the_gateway_is_called_and_by_whom_is_a_value() -> None:
    for component in ("indexer", "encoder", "query-encoder"):
        assert "ingress" not in policies("default")[component]
    assert policies("default")["gateway"]["ingress"] == [
        {"ports": [{"port": 8000, "protocol": "TCP"}]}
    ]
    [rule] = policies("ingress and monitoring")["gateway"]["ingress"]
    wanted = chart.VARIANTS["ingress and monitoring"]["networkPolicy"]["gatewayFrom"]
    assert rule["from"] == wanted


def test_encoders_are_let_out_only_to_read_buckets() -> None:
    assert not is_let_out("default", "encoder")
    assert is_let_out("external stores", "encoder")
    assert not is_let_out("external stores", "query-encoder")
    # Where clouds answer with the rights of the machine.
    for component in ("gateway", "indexer"):
        blocks = [
            peer["ipBlock"]
            for peer in peers(policies("default")[component]["egress"], "to")
            if "ipBlock" in peer
        ]
        assert all("169.254.0.0/16" in block["except"] for block in blocks)


@pytest.mark.parametrize("component", chart.OURS)
def test_external_stores_are_called_on_their_ports(component: str) -> None:
    rules = policies("external stores")[component]["egress"]
    ports = [{port["port"] for port in rule["ports"]} for rule in rules]
    assert {6380} in ports
    [milvus] = [rule for rule in rules if rule["ports"] == [{"port": 443, "protocol": "TCP"}]]
    assert milvus["to"] == [{"ipBlock": {"cidr": "10.1.0.0/16"}}]
    assert "redis" not in policies("external stores")


@pytest.mark.parametrize("component", chart.OURS)
def test_traces_get_out_where_they_are_sent(component: str) -> None:
    port = {"ports": [{"port": 4317, "protocol": "TCP"}]}
    assert port in policies("external stores")[component]["egress"]
    assert port not in policies("default")[component]["egress"]


def test_policies_can_be_left_to_others() -> None:
    assert chart.of_kind(chart.variant("policies off"), "NetworkPolicy") == {}
