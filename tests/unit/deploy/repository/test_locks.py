"""The locks: complete, hashed, agreeing with pyproject.toml and with each other. No network."""

import itertools
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.unit.deploy.repository.compose import REPOSITORY

#: Which of pyproject.toml's extras each lock answers for; None is all of them.
LOCKS = {
    "requirements.lock": None,
    "requirements-gateway.lock": {"fetch", "gateway", "store", "telemetry"},
    "requirements-indexer.lock": {"fetch", "indexer", "store", "telemetry"},
    "requirements-encoder-cpu.lock": {"encoder", "store", "telemetry"},
    "requirements-encoder-gpu.lock": {"encoder", "encoder-gpu", "store", "telemetry"},
    "requirements-run-cpu.lock": {
        *("client", "encoder", "fetch", "gateway", "indexer", "store", "local", "telemetry"),
    },
    "requirements-run-gpu.lock": {
        *("client", "encoder", "encoder-gpu", "fetch", "gateway", "indexer", "store", "local"),
        "telemetry",
    },
}


def pins(lock: str) -> list[Requirement]:
    """Every pinned requirement of a lock."""
    text = (REPOSITORY / lock).read_text().replace("\\\n", " ")
    lines = (line for line in text.splitlines() if line and not line.lstrip().startswith("#"))
    return [Requirement(re.split(r"\s--hash", line)[0].strip()) for line in lines]


def wanted(extras: set[str] | None) -> list[Requirement]:
    """What pyproject.toml asks for."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    groups = project["optional-dependencies"]
    chosen = [group for name, group in groups.items() if extras is None or name in extras]
    return [Requirement(line) for line in itertools.chain(project["dependencies"], *chosen)]


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_satisfies_pyproject(lock: str) -> None:
    pinned = pins(lock)
    for requirement in wanted(LOCKS[lock]):
        name = canonicalize_name(requirement.name)
        found = [pin for pin in pinned if canonicalize_name(pin.name) == name]
        assert found, f"{name} is not in {lock}: run `make lock`"
        for pin in found:
            version = str(pin.specifier).removeprefix("==")
            assert requirement.specifier.contains(version), f"{pin}: run `make lock`"


@pytest.mark.parametrize("lock", [name for name in LOCKS if name != "requirements.lock"])
def test_an_image_has_the_versions_that_were_tested(lock: str) -> None:
    tested = {
        (canonicalize_name(pin.name), str(pin.specifier)) for pin in pins("requirements.lock")
    }
    images = {(canonicalize_name(pin.name), str(pin.specifier)) for pin in pins(lock)}
    assert images <= tested, "run `make lock`"


@pytest.mark.parametrize("lock", [name for name in LOCKS if name.endswith("-cpu.lock")])
def test_without_a_gpu_no_torch_is_installed(lock: str) -> None:
    names = {canonicalize_name(pin.name) for pin in pins(lock)}
    assert "openvino" in names
    heavy = [name for name in names if name.startswith(("torch", "nvidia", "triton", "cuda"))]
    assert heavy == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_registry_is_named(lock: str) -> None:
    text = (REPOSITORY / lock).read_text()
    for block in re.split(r"\n(?=\w)", text.split("\n", 2)[2]):
        assert re.match(r"[\w.-]+==\S+", block), block
        assert "--hash=sha256:" in block, block
    assert "://" not in text
    assert "index-url" not in text
