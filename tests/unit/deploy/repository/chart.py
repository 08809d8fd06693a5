"""The Helm chart as Kubernetes gets it: rendered for several operators, and taken apart."""

import functools
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import yaml

from tests.unit.deploy.repository.compose import REPOSITORY

CHART = REPOSITORY / "deploy" / "helm" / "lookalike"
OURS = ("gateway", "indexer", "encoder", "query-encoder")
#: Kinds of others, which Kubernetes' own schemas do not know.
CUSTOM = {"ScaledObject", "TriggerAuthentication", "ServiceMonitor", "PrometheusRule"}

Object = dict[str, Any]
Values = dict[str, Any]

_PASSWORD: Values = {"REDIS_PASSWORD": {"value": "of-redis"}}
_MONITORING = {name: {"enabled": True} for name in ("serviceMonitor", "rules", "dashboards")}
_NFS = {"nfs": {"server": "files.example.com", "path": "/pictures"}}
VARIANTS: dict[str, Values] = {
    "default": {"secrets": _PASSWORD},
    "cpu": {
        "secrets": {**_PASSWORD, "API_KEYS": {"value": "first,second"}},
        "image": {"registry": "registry.example.com/team/", "pullSecrets": [{"name": "registry"}]},
        "images": [
            {"mountPath": "/images", "volume": _NFS},
            {"mountPath": "/images-2", "volume": {"persistentVolumeClaim": {"claimName": "more"}}},
        ],
        "weights": {"volume": {"configMap": {"name": "weights"}}},
        "settings": {"WEIGHTS": "/weights/ours.safetensors", "MAX_PIXELS": 200_000_000},
        "encoder": {
            "replicas": 4,
            "resources": {"limits": {"cpu": "4", "memory": "3Gi"}},
            "nodeSelector": {"pool": "loads"},
            "topologySpreadConstraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": "kubernetes.io/hostname",
                    "whenUnsatisfiable": "ScheduleAnyway",
                }
            ],
        },
        "gateway": {"replicas": 2, "podAnnotations": {"example.com/team": "pictures"}},
        "uploads": {"existingClaim": "uploads-of-ours"},
        "redis": {"persistence": {"existingClaim": "ledger"}},
    },
    "gpu and keda": {
        "secrets": {**_PASSWORD, "API_KEYS": {"name": "ours", "key": "keys"}},
        "readKey": {"name": "ours", "key": "read"},
        "gpu": {"nodeSelector": {"pool": "gpus"}, "runtimeClassName": "nvidia"},
        "encoder": {"hardware": "gpu", "autoscaling": {"kind": "keda", "minReplicas": 0}},
        "queryEncoder": {"hardware": "gpu", "autoscaling": {"kind": "keda"}},
    },
    "keda by prometheus": {
        "secrets": _PASSWORD,
        "encoder": {"autoscaling": {"kind": "keda", "waitingPerPod": 6}},
        "autoscaling": {
            "keda": {"from": "prometheus", "prometheusAddress": "http://prometheus:9090"}
        },
    },
    "hpa": {
        "secrets": _PASSWORD,
        "encoder": {"autoscaling": {"kind": "hpa"}},
        "queryEncoder": {"autoscaling": {"kind": "hpa"}},
    },
    "external stores": {
        "redis": {"enabled": False, "url": "rediss://redis.example.com:6380/0"},
        "milvus": {"uri": "https://milvus.example.com"},
        "secrets": {
            name: {"name": "ours", "key": name.lower()}
            for name in ("REDIS_PASSWORD", "MILVUS_TOKEN", "S3_ACCESS_KEY_ID")
        },
        "settings": {
            "BUCKET_ROOTS": ["s3://pictures/2024", "s3://more"],
            "INDEX_PARAMS": {"M": 8},
            "OTLP_ENDPOINT": "http://collector:4317",
        },
        "serviceAccount": {"annotations": {"example.com/role": "reader"}},
        "extraEnv": [{"name": "AWS_REGION", "value": "eu-central-1"}],
        "networkPolicy": {"milvusTo": [{"ipBlock": {"cidr": "10.1.0.0/16"}}]},
    },
    "policies off": {"secrets": _PASSWORD, "networkPolicy": {"enabled": False}},
    "ingress and monitoring": {
        "secrets": {**_PASSWORD, "API_KEYS": {"name": "ours", "key": "keys"}},
        "readKey": {"name": "ours", "key": "read"},
        "ingress": {
            "enabled": True,
            "className": "nginx",
            "host": "pictures.example.com",
            "tlsSecret": "certificate",
        },
        "settings": {"MAX_UPLOAD_MB": 128, "ALLOWED_HOSTS": ["pictures.internal"]},
        "monitoring": _MONITORING,
        "networkPolicy": {
            "gatewayFrom": [
                {
                    "namespaceSelector": {
                        "matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}
                    }
                }
            ]
        },
    },
}


class Refused(Exception):
    """The chart takes no such values."""


@functools.cache
def variant(name: str) -> list[Object]:
    """The objects of one of `VARIANTS`, which are not to be changed."""
    results = _rendered(tuple(json.dumps(values) for values in VARIANTS.values()))["results"]
    return _objects(results[list(VARIANTS).index(name)])


def notes(name: str) -> str:
    """What Helm tells an operator after the installation of a variant."""
    results = _rendered(tuple(json.dumps(values) for values in VARIANTS.values()))["results"]
    return str(results[list(VARIANTS).index(name)]["files"]["lookalike/templates/NOTES.txt"])


def findings() -> Sequence[Object]:
    """What `helm lint --strict` says of the chart."""
    linted = _rendered(tuple(json.dumps(values) for values in VARIANTS.values()))["lint"]
    return [found for found in linted["messages"] or [] if found["severity"] > 1]


def refusals(cases: Sequence[Values]) -> list[str]:
    """For each set of values why it is refused; '' for one that is not."""
    results = _rendered(tuple(json.dumps(values) for values in cases))["results"]
    return [result.get("error", "") for result in results]


def of_kind(objects: Sequence[Object], kind: str) -> dict[str, Object]:
    """The objects of a kind, by their names without the release's."""
    return {
        found["metadata"]["name"].removeprefix("demo-lookalike").lstrip("-"): found
        for found in objects
        if found["kind"] == kind
    }


def pods(objects: Sequence[Object]) -> dict[str, Object]:
    """The templates of all pods, by component."""
    return {
        found["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]: found[
            "spec"
        ]["template"]
        for found in objects
        if found["kind"] in ("Deployment", "StatefulSet")
    }


def container(objects: Sequence[Object], component: str) -> Object:
    """The one container of a component's pods."""
    [found] = pods(objects)[component]["spec"]["containers"]
    return dict(found)


def settings(objects: Sequence[Object]) -> dict[str, str]:
    """The variables that gateway, indexer and encoders get."""
    [found] = [config for name, config in of_kind(objects, "ConfigMap").items() if not name]
    return dict(found["data"])


def selected(objects: Sequence[Object], selector: Object) -> set[str]:
    """The components whose pods a selector matches."""
    return {component for component, pod in pods(objects).items() if _matches(selector, pod)}


def _matches(selector: Object, pod: Object) -> bool:
    labels = pod["metadata"]["labels"]
    wanted = selector.get("matchLabels", {}).items() <= labels.items()
    for expression in selector.get("matchExpressions", []):
        assert expression["operator"] == "In"
        wanted = wanted and labels.get(expression["key"]) in expression["values"]
    return bool(wanted)


def _objects(result: Object) -> list[Object]:
    if "error" in result:
        raise Refused(result["error"])
    return list(_parsed(result["files"]))


def _parsed(files: dict[str, str]) -> Iterator[Object]:
    for name, text in files.items():
        if not name.endswith("NOTES.txt"):
            # The loader of libyaml, where PyYAML has it, is ten times as fast.
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            yield from filter(None, yaml.load_all(text, loader))


@functools.cache
def _rendered(cases: tuple[str, ...]) -> Object:
    if importlib.util.find_spec("helm_python") is None:
        if os.environ.get("CI"):
            pytest.fail("helm-python-sdk is not installed.")
        pytest.skip("helm-python-sdk has no wheel for this platform")
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.deploy.repository.chart_renderer", str(CHART)],
        cwd=REPOSITORY,
        input=json.dumps([json.loads(case) for case in cases]),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found: Object = json.loads(done.stdout)
    return found
