"""compose.yaml: valid, complete, closed to the outside, and without a password of its own."""

import json
import re
from pathlib import Path
from typing import Any

import compose_spec
import pytest

from shared.settings import Settings
from tests.unit.deploy.repository import compose

FILES = (compose.COMPOSE, compose.MONITORING)
OURS = ("gateway", "indexer", "encoder", "encoder-cpu", "query-encoder", "query-encoder-cpu")
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|AUTH$|_KEY|_USER$|REDIS_URL")


def service(name: str) -> dict[str, Any]:
    return compose.services(compose.COMPOSE, compose.filled())[name]


def all_services() -> dict[str, dict[str, Any]]:
    """The services of both files together."""
    return {
        name: found
        for file in FILES
        for name, found in compose.services(file, compose.filled()).items()
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_file_fits_the_compose_specification(file: Path) -> None:
    compose_spec.PyCompose.from_json(json.dumps(compose.load(file, compose.filled())))


def test_every_dependency_is_a_service_with_a_health_check() -> None:
    services = all_services()
    for name, found in services.items():
        for other, how in found.get("depends_on", {}).items():
            assert other in services, f"{name} depends on {other}, which does not exist"
            assert how == {"condition": "service_healthy"}, name
            assert "healthcheck" in services[other], f"{name} waits for {other}"


def test_every_network_and_volume_is_declared() -> None:
    for file in FILES:
        document = compose.load(file, compose.filled())
        base = compose.load(compose.COMPOSE, compose.filled())
        networks = {**base["networks"], **document.get("networks", {})}
        for name, found in document["services"].items():
            assert set(found["networks"]) <= set(networks), name
            for volume in found.get("volumes", []):
                source = volume["source"] if isinstance(volume, dict) else volume.split(":")[0]
                assert source.startswith(("/", "./")) or source in document["volumes"], name


def test_only_the_gateway_publishes_a_port_and_on_this_host_alone() -> None:
    services = compose.services(compose.COMPOSE, compose.filled())
    assert [name for name, found in services.items() if "ports" in found] == ["gateway"]
    assert services["gateway"]["ports"] == ["127.0.0.1:8000:8000"]
    assert not any("network_mode" in found for found in services.values())
    for found in compose.services(compose.MONITORING, compose.filled()).values():
        assert all(port.startswith("127.0.0.1:") for port in found.get("ports", []))


def test_stores_live_on_a_network_without_a_way_out() -> None:
    document = compose.load(compose.COMPOSE, compose.filled())
    assert document["networks"]["stores"] == {"internal": True}
    for name in ("redis", "milvus", "etcd", "minio", "indexer"):
        assert document["services"][name]["networks"] == ["stores"], name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_secret_must_be_given(file: Path) -> None:
    for name, found in compose.services(file, compose.filled()).items():
        # Each value is one that `filled` made up, whole or as a part.
        for path, value in compose.leaves(found.get("environment", {})):
            if SECRET.search(path[0]) and path[0] != "LOOKALIKE_API_KEYS":
                assert "-value" in value, f"{name}: {path[0]} has a value of its own"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_compose_refuses_to_start_without_them(file: Path) -> None:
    wanted = compose.required(file)
    assert wanted
    for name in wanted:
        with pytest.raises(compose.MissingVariable, match=name):
            compose.load(file, {**compose.filled(), name: ""})


def test_example_names_every_variable_and_holds_no_secret() -> None:
    example = compose.example()
    mentioned = compose.mentioned(compose.COMPOSE) | compose.mentioned(compose.MONITORING)
    assert mentioned <= {*example, "GRAFANA_PORT"}
    assert set(example) <= {*mentioned, "COMPOSE_PROFILES", "METRICS_KEY"}
    assert not any(value for name, value in example.items() if SECRET.search(name))


def test_every_service_restarts_and_tells_its_health() -> None:
    for name, found in all_services().items():
        assert found["restart"] == "unless-stopped", name
        check = found["healthcheck"]["test"]
        assert check[0] in ("CMD", "CMD-SHELL"), name
        assert len(check) > 1, name


def test_every_image_is_pinned() -> None:
    for name, found in all_services().items():
        assert re.search(r":[^:/]*\d+[.-]\d+[^:/]*$", found["image"]), f"{name}: {found['image']}"


@pytest.mark.parametrize("name", OURS)
def test_our_services_have_no_rights_to_spare(name: str) -> None:
    found = service(name)
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert found["tmpfs"] == ["/tmp"]


@pytest.mark.parametrize("name", OURS)
def test_all_see_the_same_pictures_read_only(name: str) -> None:
    volumes = service(name)["volumes"]
    mounts = [volume for volume in volumes if isinstance(volume, dict)]
    expected = {"type": "bind", "source": "/photos", "target": "/images", "read_only": True}
    assert mounts == [expected]
    assert service(name)["environment"]["LOOKALIKE_IMAGE_ROOTS"] == "/images"
    assert any(str(volume).startswith("uploads:/data/uploads") for volume in volumes)


def test_only_the_gateway_may_write_uploads() -> None:
    for name in OURS:
        uploads = next(v for v in service(name)["volumes"] if str(v).startswith("uploads:"))
        assert uploads.endswith(":ro") != (name == "gateway"), name


@pytest.mark.parametrize("name", ["encoder", "query-encoder"])
def test_gpu_services_reserve_gpus_and_share_locks(name: str) -> None:
    found = service(name)
    assert found["profiles"] == ["gpu"]
    [device] = found["deploy"]["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}
    assert "gpu-locks:/locks" in found["volumes"]
    assert found["environment"]["LOOKALIKE_LOCK_DIR"] == "/locks"


@pytest.mark.parametrize("name", ["encoder", "encoder-cpu", "query-encoder", "query-encoder-cpu"])
def test_encoders_can_be_scaled(name: str) -> None:
    assert "container_name" not in service(name)


@pytest.mark.parametrize("name", ["encoder-cpu", "query-encoder-cpu"])
def test_cpu_services_ask_for_no_gpu(name: str) -> None:
    found = service(name)
    assert found["profiles"] == ["cpu"]
    assert "deploy" not in found
    assert found["environment"]["LOOKALIKE_DEVICE"] == "cpu"


def test_redis_keeps_what_it_is_told() -> None:
    command = service("redis")["command"][-1]
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command
    # The password reaches it by the environment, and never by a command line.
    assert "requirepass $REDIS_PASSWORD" in command
    assert "redis_password-value" not in command


def test_settings_named_here_exist() -> None:
    known = {f"LOOKALIKE_{name.upper()}" for name in Settings.model_fields}
    for name in OURS:
        named = {key for key in service(name)["environment"] if key.startswith("LOOKALIKE_")}
        assert named <= known, name
