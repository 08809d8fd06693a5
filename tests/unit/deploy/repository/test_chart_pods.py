"""The chart's pods: what compose.yaml runs, with the same rights, files and limits."""

import importlib.util
import re
from typing import Any

import pytest

from gateway.routes import health
from shared.queue import ENCODE, QUERY, SCAN
from tests.unit.deploy.repository import chart, compose

QUEUE_OF = {"indexer": SCAN, "encoder": ENCODE, "query-encoder": QUERY}
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")


def service(name: str) -> dict[str, Any]:
    return compose.services(compose.COMPOSE, compose.filled())[name]


def mebibytes(text: str) -> int:
    """The bytes of compose's `1536mb` and `2g`, and of Kubernetes' `2Gi`, in MiB."""
    number, unit = re.fullmatch(r"(\d+)(\w+)", text.lower()).groups()  # type: ignore[union-attr]
    return int(number) * (1024 if unit.startswith("g") else 1)


@pytest.mark.parametrize("component", [*chart.OURS, "redis"])
def test_image_and_command_are_those_of_compose(component: str) -> None:
    found, plain = chart.container(chart.variant("default"), component), service(component)
    assert found["image"] == plain["image"]
    if component != "redis":
        assert "command" not in found
        assert found.get("args") == plain.get("command")


def test_redis_runs_the_script_of_compose() -> None:
    [*shell, ours] = chart.container(chart.variant("default"), "redis")["command"]
    [*their_shell, theirs] = service("redis")["command"]
    assert shell == their_shell
    moved = theirs.replace("/run/secrets/", "/run/lookalike/")
    reason = re.compile(r":\?[^}]*\}")
    assert reason.sub("", ours) == reason.sub("", moved)


@pytest.mark.parametrize("variant", ["cpu", "gpu and keda"])
@pytest.mark.parametrize("component", ["encoder", "query-encoder"])
def test_encoders_have_the_image_of_their_hardware(variant: str, component: str) -> None:
    image = chart.container(chart.variant(variant), component)["image"]
    file = compose.GPU if variant == "gpu and keda" else compose.COMPOSE
    theirs = compose.services(file, compose.filled())[component]["image"]
    registry = chart.VARIANTS[variant].get("image", {}).get("registry", "")
    assert image == registry + theirs


@pytest.mark.parametrize("variant", chart.VARIANTS)
def test_pods_have_no_rights_to_spare(variant: str) -> None:
    for component, pod in chart.pods(chart.variant(variant)).items():
        spec = pod["spec"]
        uid = int(service(component)["user"].split(":")[0])
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] == uid
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        # LOOKALIKE_PORT=tcp://… would be what a Service called `lookalike` leaves behind.
        assert spec["enableServiceLinks"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
        [found] = spec["containers"]
        assert found["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@pytest.mark.parametrize("component", [*chart.OURS, "redis"])
def test_memory_and_grace_are_those_of_compose(component: str) -> None:
    objects = chart.variant("default")
    limit = chart.container(objects, component)["resources"]["limits"]["memory"]
    assert mebibytes(limit) == mebibytes(service(component)["mem_limit"])
    grace = chart.pods(objects)[component]["spec"]["terminationGracePeriodSeconds"]
    assert f"{grace}s" == service(component)["stop_grace_period"]


@pytest.mark.parametrize("component", ["encoder", "query-encoder"])
def test_an_encoder_on_a_gpu_asks_for_one_in_its_pool(component: str) -> None:
    objects = chart.variant("gpu and keda")
    resources = chart.container(objects, component)["resources"]
    theirs = compose.services(compose.GPU, compose.filled())[component]["mem_limit"]
    assert resources["limits"]["nvidia.com/gpu"] == 1
    assert mebibytes(resources["limits"]["memory"]) == mebibytes(theirs)
    pod = chart.pods(objects)[component]["spec"]
    assert pod["nodeSelector"] == {"pool": "gpus"}
    assert pod["runtimeClassName"] == "nvidia"
    assert {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in pod[
        "tolerations"
    ]
    rollout = chart.of_kind(objects, "Deployment")[component]["spec"]["strategy"]["rollingUpdate"]
    assert rollout["maxSurge"] == 0
    for other in ("gateway", "indexer"):
        assert "nvidia.com/gpu" not in str(chart.pods(objects)[other])


def test_only_gpus_are_asked_for_where_the_hardware_says_so() -> None:
    assert "nvidia.com" not in str(chart.pods(chart.variant("cpu")))


def test_redis_refuses_writes_before_it_is_killed() -> None:
    found = chart.container(chart.variant("default"), "redis")
    maximum = re.search(r"--maxmemory (\S+) ", found["command"][-1])
    assert maximum
    assert mebibytes(maximum[1]) * 4 <= mebibytes(found["resources"]["limits"]["memory"]) * 3


def test_the_gateway_is_probed_where_it_answers() -> None:
    routes = {route.path for route in health.router.routes if hasattr(route, "path")}
    found = chart.container(chart.variant("default"), "gateway")
    [port] = [port["containerPort"] for port in found["ports"] if port["name"] == "http"]
    assert f":{port}:{port}".endswith(service("gateway")["ports"][0].rpartition(":")[2])
    for probe in PROBES:
        asked = found[probe]["httpGet"]
        assert asked["path"] in routes
        assert asked["port"] == "http"
    # What others lack is no reason to take the gateway out of service or to kill it.
    assert {found[probe]["httpGet"]["path"] for probe in PROBES} == {"/health/live"}


@pytest.mark.parametrize("component", QUEUE_OF)
def test_workers_are_probed_by_the_check_of_their_containers(component: str) -> None:
    found = chart.container(chart.variant("default"), component)
    [_, *check] = service(component)["healthcheck"]["test"]
    assert importlib.util.find_spec(check[2])
    assert check[-1] == QUEUE_OF[component]
    for probe in ("startupProbe", "readinessProbe"):
        assert found[probe]["exec"]["command"] == check
    # A worker that waits for Redis holds work that it would lose.
    assert found["livenessProbe"]["exec"]["command"] == [*check, "--or-redis-away"]
    started = found["startupProbe"]["periodSeconds"] * found["startupProbe"]["failureThreshold"]
    assert started >= int(service(component)["healthcheck"]["start_period"].rstrip("s"))


@pytest.mark.parametrize("variant", chart.VARIANTS)
def test_what_is_mounted_is_there(variant: str) -> None:
    objects = chart.variant(variant)
    claims = set(chart.of_kind(objects, "PersistentVolumeClaim"))
    for component, pod in chart.pods(objects).items():
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        templates = {"data"} if component == "redis" else set()
        mounts = chart.container(objects, component)["volumeMounts"]
        assert {mount["name"] for mount in mounts} <= set(volumes) | templates, component
        assert {volume for volume in volumes if volume not in templates} <= {
            mount["name"] for mount in mounts
        }
        for volume in ("uploads", "exports"):
            source = volumes.get(volume, {}).get("persistentVolumeClaim", {})
            claim = source.get("claimName", "")
            if claim.startswith("demo-lookalike"):
                assert claim.removeprefix("demo-lookalike-") in claims


@pytest.mark.parametrize("component", chart.OURS)
def test_places_are_those_of_compose_and_as_writable(component: str) -> None:
    objects = chart.variant("cpu")
    ours = {
        mount["mountPath"]: bool(mount.get("readOnly"))
        for mount in chart.container(objects, component)["volumeMounts"]
    }
    theirs = dict.fromkeys(service(component)["tmpfs"], False)
    for volume in service(component)["volumes"]:
        if isinstance(volume, dict):
            theirs[volume["target"]] = volume["read_only"]
        else:
            _, path, *options = volume.split(":")
            theirs[path] = options == ["ro"]
    assert ours == {**theirs, "/images-2": True, "/run/lookalike": True}
    assert chart.settings(objects)["LOOKALIKE_IMAGE_ROOTS"] == "/images:/images-2"


def test_uploads_outlive_the_release() -> None:
    claims = chart.of_kind(chart.variant("default"), "PersistentVolumeClaim")
    assert set(claims) == {"uploads", "exports"}
    assert claims["uploads"]["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert all(claim["spec"]["accessModes"] == ["ReadWriteMany"] for claim in claims.values())


def test_a_change_of_settings_starts_pods_anew() -> None:
    sums = {
        chart.pods(chart.variant(variant))["encoder"]["metadata"]["annotations"][
            "checksum/settings"
        ]
        for variant in ("default", "cpu", "external stores")
    }
    assert len(sums) == 3
