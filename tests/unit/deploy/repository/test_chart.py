"""The Helm chart: valid for Kubernetes in every variant, and its settings are settings."""

import functools
import re
import tomllib
from copy import deepcopy
from typing import Any, get_args

import kubernetes_validate
import pytest
import yaml
from pydantic import SecretStr

from shared.settings import Settings
from tests.unit.deploy.repository import chart, compose

PREFIX = "LOOKALIKE_"
#: The oldest that the chart says it is for, and the newest whose schemas are there.
VERSIONS = ("1.27", "1.37")


@pytest.fixture(scope="module", autouse=True)
def _schemas_read_once() -> Any:
    """Each validation reads all definitions of its version anew."""
    plain = kubernetes_validate.utils.schema_contents
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kubernetes_validate.utils, "schema_contents", functools.cache(plain))
        yield


@pytest.mark.parametrize("variant", chart.VARIANTS)
def test_every_object_is_one_of_kubernetes(variant: str) -> None:
    objects = chart.variant(variant)
    assert objects
    for found in objects:
        if found["kind"] not in chart.CUSTOM:
            for version in VERSIONS:
                kubernetes_validate.validate(found, version, strict=True)


def test_validation_would_notice_a_mistake() -> None:
    deployment = deepcopy(chart.of_kind(chart.variant("default"), "Deployment")["gateway"])
    deployment["spec"]["template"]["spec"]["containers"][0]["imagePullPolice"] = "Always"
    with pytest.raises(kubernetes_validate.ValidationError, match="imagePullPolice"):
        kubernetes_validate.validate(deployment, VERSIONS[-1], strict=True)


@pytest.mark.parametrize("variant", chart.VARIANTS)
def test_no_two_objects_share_a_name(variant: str) -> None:
    names = [(found["kind"], found["metadata"]["name"]) for found in chart.variant(variant)]
    assert len(names) == len(set(names))
    assert all(len(name) <= 63 for _, name in names)


def test_helm_finds_nothing_to_complain_of() -> None:
    assert chart.findings() == []


def test_chart_and_images_have_the_project_s_version() -> None:
    project = tomllib.loads((compose.REPOSITORY / "pyproject.toml").read_text())["project"]
    about = yaml.safe_load((chart.CHART / "Chart.yaml").read_text())
    assert about["version"] == about["appVersion"] == project["version"]
    assert about["annotations"]["licenses"] == project["license"]
    assert "dependencies" not in about
    oldest = re.search(r"\d+\.\d+", about["kubeVersion"])
    assert oldest
    assert oldest[0] == VERSIONS[0]


@pytest.mark.parametrize("variant", chart.VARIANTS)
def test_every_variable_is_a_setting(variant: str) -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in chart.settings(chart.variant(variant)):
        secret = name.removesuffix("_FILE")
        assert name in known or (name != secret and secret in known), name


@pytest.mark.parametrize("variant", chart.VARIANTS)
def test_the_class_reads_what_the_chart_writes(
    variant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = chart.settings(chart.variant(variant))
    for name, text in found.items():
        if not name.endswith("_FILE"):
            monkeypatch.setenv(name, text)
    settings = Settings()
    assert settings.redis_address == found["LOOKALIKE_REDIS_URL"]
    assert settings.milvus_uri == found["LOOKALIKE_MILVUS_URI"]
    for name, value in chart.VARIANTS[variant].get("settings", {}).items():
        read = getattr(settings, name.lower())
        if name == "ALLOWED_HOSTS":
            assert set(value) < set(read)
        else:
            assert read == (tuple(value) if isinstance(value, list) else value), name


def test_secrets_are_told_by_their_names() -> None:
    """The chart knows names only: what it takes for secret must be what the class does."""
    helpers = (chart.CHART / "templates" / "_helpers.tpl").read_text()
    pattern = re.search(r'regexMatch "(\([A-Z_|]+\)\$)"', helpers)
    assert pattern
    for name, field in Settings.model_fields.items():
        # Its address may hold a password, but the chart makes the address.
        if name != "redis_url":
            assert bool(re.search(pattern[1], name.upper())) == is_secret(field.annotation), name


def is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(map(is_secret, get_args(annotation)))


@pytest.mark.parametrize("variant", chart.VARIANTS)
def test_every_secret_is_mounted_where_its_variable_says(variant: str) -> None:
    objects, given = chart.variant(variant), chart.VARIANTS[variant]["secrets"]
    variables = chart.settings(objects)
    made = chart.of_kind(objects, "Secret")
    for component in chart.OURS:
        pod = chart.pods(objects)[component]["spec"]
        [volume] = [v["projected"] for v in pod["volumes"] if v["name"] == "secrets"]
        items = {
            item["path"]: (source["secret"]["name"], item["key"])
            for source in volume["sources"]
            for item in source["secret"]["items"]
        }
        mounts = {m["name"]: m for m in chart.container(objects, component)["volumeMounts"]}
        for name, reference in given.items():
            path = f"{mounts['secrets']['mountPath']}/{name.lower()}"
            assert variables[f"{PREFIX}{name}_FILE"] == path
            if "name" in reference:
                assert items[name.lower()] == (reference["name"], reference["key"])
            else:
                assert items[name.lower()] == ("demo-lookalike", name.lower())
                assert made[""]["stringData"][name.lower()] == reference["value"]
        assert set(items) == {name.lower() for name in given}


_REDIS = {"REDIS_PASSWORD": {"value": "x"}}
#: Values that an operator may get wrong, and what the refusal names.
REFUSED: dict[str, tuple[chart.Values, str]] = {
    "no password for the chart's Redis": ({}, "secrets.REDIS_PASSWORD"),
    "an empty secret": ({"secrets": {"REDIS_PASSWORD": {"value": ""}}}, "REDIS_PASSWORD"),
    "a secret's name without its key": ({"secrets": {"REDIS_PASSWORD": {"name": "a"}}}, "key"),
    "a misspelt value": ({"secrets": _REDIS, "gatway": {}}, "gatway"),
    "a misspelt setting": ({"secrets": _REDIS, "settings": {"CHUNKSIZE": 64}}, "CHUNKSIZE"),
    "a setting of the chart": ({"secrets": _REDIS, "settings": {"DATA_DIR": "/x"}}, "DATA_DIR"),
    "a secret among the settings": ({"secrets": _REDIS, "settings": {"API_KEYS": "a"}}, "secrets"),
    "a secret that is none": (
        {"secrets": {**_REDIS, "WEIGHTS": {"value": "a"}}},
        "secrets.WEIGHTS",
    ),
    "hardware that is none": ({"secrets": _REDIS, "encoder": {"hardware": "tpu"}}, "hardware"),
    "no address of an external Redis": ({"redis": {"enabled": False}}, "redis.url"),
    "an ingress without a name": ({"secrets": _REDIS, "ingress": {"enabled": True}}, "host"),
    "a way into the name of a folder": (
        {"secrets": _REDIS, "images": [{"mountPath": "/a:/b", "volume": {"emptyDir": {}}}]},
        "mountPath",
    ),
    "an HPA that goes to zero": (
        {"secrets": _REDIS, "encoder": {"autoscaling": {"kind": "hpa", "minReplicas": 0}}},
        "hpa cannot go to 0",
    ),
    "more at least than at most": (
        {"secrets": _REDIS, "encoder": {"autoscaling": {"kind": "keda", "minReplicas": 99}}},
        "above maxReplicas",
    ),
    "prometheus without an address": (
        {
            "secrets": _REDIS,
            "encoder": {"autoscaling": {"kind": "keda"}},
            "autoscaling": {"keda": {"from": "prometheus"}},
        },
        "prometheusAddress",
    ),
    "root": ({"secrets": _REDIS, "security": {"runAsUser": 0}}, "runAsUser"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_wrong_values_are_refused_by_name(case: str) -> None:
    said = chart.refusals([values for values, _ in REFUSED.values()])
    assert REFUSED[case][1] in said[list(REFUSED).index(case)]
