"""The client's package: its needs are in the server's locks, its extra commands are found."""

import tomllib
from importlib.metadata import entry_points
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.unit.deploy.repository.compose import REPOSITORY
from tests.unit.deploy.repository.test_locks import pins


def project(file: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((REPOSITORY / file).read_text())["project"]
    return found


def test_what_the_client_needs_is_locked_for_whoever_runs_the_server() -> None:
    wanted = [Requirement(line) for line in project("client/pyproject.toml")["dependencies"]]
    for lock in ("requirements.lock", "requirements-run-cpu.lock", "requirements-run-gpu.lock"):
        versions = {canonicalize_name(pin.name): str(pin.specifier)[2:] for pin in pins(lock)}
        for requirement in wanted:
            assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)])


def test_both_packages_have_one_version() -> None:
    assert project("client/pyproject.toml")["version"] == project("pyproject.toml")["version"]


def test_evaluate_is_a_command_where_the_server_is_installed() -> None:
    (declared,) = project("pyproject.toml")["entry-points"]["lookalike.commands"].items()
    assert declared == ("evaluate", "encoder_worker.command:run")
    installed = entry_points(group="lookalike.commands")
    assert all(point.load() for point in installed if point.name == "evaluate")


def test_licences_are_the_same() -> None:
    assert (REPOSITORY / "client" / "LICENSE").read_text() == (REPOSITORY / "LICENSE").read_text()
