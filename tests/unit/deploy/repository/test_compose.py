"""compose.yaml: valid, complete, one published port, and no default password."""

import json
import re
from pathlib import Path
from typing import Any

import compose_spec
import pytest

from shared.settings import Settings
from tests.unit.deploy.repository import compose

FILES = (compose.COMPOSE, compose.MONITORING)
OURS = ("gateway", "indexer", "encoder", "query-encoder")
SECRET = re.compile(r"(PASSWORD|SECRET|TOKEN|AUTH|_KEY|_USER)$")


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
    for name in set(document["services"]) - {"gateway", "indexer"}:
        assert document["services"][name]["networks"] == ["stores"], name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_secret_is_written_down(file: Path) -> None:
    for name, found in compose.services(file, compose.filled()).items():
        # Each value is one that `filled` made up, whole or as a part.
        for path, value in compose.leaves(found.get("environment", {})):
            if SECRET.search(path[0]):
                assert "-value" in value, f"{name}: {path[0]} has a value of its own"


@pytest.mark.parametrize(
    "file", [compose.COMPOSE, compose.MONITORING, compose.FOLDERS], ids=lambda file: file.name
)
def test_compose_refuses_to_start_without_what_is_required(file: Path) -> None:
    wanted = compose.required(file)
    assert wanted
    for name in wanted:
        with pytest.raises(compose.MissingVariable, match=name):
            compose.load(file, {**compose.filled(), name: ""})


def test_example_names_every_variable_and_holds_no_secret() -> None:
    required, optional = compose.example(), compose.example(optional=True)
    files = (compose.COMPOSE, compose.MONITORING, compose.GPU, compose.FOLDERS)
    mentioned = set().union(*map(compose.mentioned, files))
    settings = {name for name, value in passed_on().items() if value is None}
    assert set(required) | set(optional) == {*mentioned, *settings, "COMPOSE_FILE", "METRICS_KEY"}
    for name, value in {**required, **optional}.items():
        assert not value or not SECRET.search(name), name


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


def test_a_second_folder_is_seen_alike_by_all() -> None:
    found = compose.services(compose.FOLDERS, compose.filled())
    assert set(found) == set(OURS)
    for name in OURS:
        [mount] = found[name]["volumes"]
        assert mount["read_only"] is True
        roots = found[name]["environment"]["LOOKALIKE_IMAGE_ROOTS"]
        assert roots == f"/images:{mount['target']}"


def test_only_what_stores_pictures_may_write_uploads() -> None:
    for name in OURS:
        uploads = next(v for v in service(name)["volumes"] if str(v).startswith("uploads:"))
        assert uploads.endswith(":ro") != (name in ("gateway", "indexer")), name


@pytest.mark.parametrize("name", ["encoder", "query-encoder"])
def test_the_overlay_for_gpus_keeps_names_and_reserves_gpus(name: str) -> None:
    plain, found = service(name), compose.services(compose.GPU, compose.filled())[name]
    [device] = found["deploy"]["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}
    assert found["image"] == plain["image"].replace("-cpu", "-gpu")
    assert found["build"]["args"] == {"HARDWARE": "gpu"}
    assert plain["build"]["args"] == {"HARDWARE": "cpu"}
    assert "deploy" not in plain
    assert "gpu-locks:/locks" in plain["volumes"]
    assert plain["environment"]["LOOKALIKE_LOCK_DIR"] == "/locks"


@pytest.mark.parametrize("name", ["encoder", "query-encoder"])
def test_encoders_can_be_scaled_on_any_hardware(name: str) -> None:
    assert "container_name" not in service(name)
    assert "profiles" not in service(name)
    assert "ports" not in service(name)


def test_users_memory_and_cpus_can_be_chosen() -> None:
    chosen = {**compose.filled(), "LOOKALIKE_UID": "1000", "LOOKALIKE_GID": "100"}
    chosen |= {"ENCODER_CPUS": "1.5", "ENCODER_MEMORY": "5g"}
    services = compose.services(compose.COMPOSE, chosen)
    for name in OURS:
        assert service(name)["user"] == "10001:10001"
        assert services[name]["user"] == "1000:100"
        assert service(name)["mem_limit"], name
    assert (services["encoder"]["cpus"], services["encoder"]["mem_limit"]) == ("1.5", "5g")
    # 0 is no limit.
    assert service("encoder")["cpus"] == "0"


def test_weights_of_ones_own_have_a_mount() -> None:
    assert "./deploy/weights:/weights:ro" in service("encoder")["volumes"]
    assert (compose.REPOSITORY / "deploy" / "weights").is_dir()


def test_milvus_and_its_client_are_of_one_minor() -> None:
    lock = (compose.REPOSITORY / "requirements.lock").read_text()
    client = re.search(r"^pymilvus==(\d+\.\d+)\.", lock, re.MULTILINE)
    assert client
    assert service("milvus")["image"].startswith(f"milvusdb/milvus:v{client[1]}.")


def test_redis_keeps_what_it_is_told() -> None:
    command = service("redis")["command"][-1]
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command
    # The password reaches it by the environment or a file, and never by a command line.
    assert "redis_password-value" not in command


def passed_on() -> dict[str, Any]:
    """What the gateway's environment holds of settings."""
    found: dict[str, Any] = service("gateway")["environment"]
    return found


def test_every_setting_reaches_every_container() -> None:
    settings = {f"LOOKALIKE_{name.upper()}" for name in Settings.model_fields}
    files = {name for name in passed_on() if name.endswith("_FILE")}
    for name in OURS:
        found = service(name)["environment"]
        # The gateway's token is made of the password here.
        ours = {each for each in found if not each.startswith("OTEL_")} - files
        assert ours == settings - {"LOOKALIKE_MILVUS_TOKEN"}, name
    assert {file.removesuffix("_FILE") for file in files} <= settings


def test_example_gives_each_setting_the_default_that_it_has() -> None:
    optional = compose.example(optional=True)
    for name, field in Settings.model_fields.items():
        variable = f"LOOKALIKE_{name.upper()}"
        if variable in optional and variable != "LOOKALIKE_LOG_FORMAT":
            default = field.get_default(call_default_factory=True)
            text = ",".join(default) if isinstance(default, tuple) else str(default or "")
            assert optional[variable] in (text, str(default)), variable


def test_no_default_of_a_setting_is_written_twice() -> None:
    fixed = {name for name, value in passed_on().items() if value is not None}
    assert fixed == {
        *("LOOKALIKE_DATA_DIR", "LOOKALIKE_HOST", "LOOKALIKE_PORT", "LOOKALIKE_LOCK_DIR"),
        "LOOKALIKE_EXPORTS_DIR",
        *("LOOKALIKE_IMAGE_ROOTS", "LOOKALIKE_REDIS_URL", "LOOKALIKE_MILVUS_URI"),
        *("LOOKALIKE_REDIS_PASSWORD", "LOOKALIKE_REDIS_PASSWORD_FILE"),
        *("LOOKALIKE_MILVUS_PASSWORD", "LOOKALIKE_MILVUS_PASSWORD_FILE"),
        *("LOOKALIKE_API_KEYS_FILE", "LOOKALIKE_LOG_FORMAT"),
    }
