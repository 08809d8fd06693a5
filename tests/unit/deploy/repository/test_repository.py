"""What holds for the whole repository."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.unit.deploy.repository.compose import REPOSITORY

LONGEST = 250
LARGEST = 500_000
GENERATED = {
    "client/lookalike_client/calls.py",
    "client/lookalike_client/models.py",
    "gateway/web/src/api/schema.ts",
}
#: sha256 of https://www.apache.org/licenses/LICENSE-2.0.txt
APACHE_2 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


def tracked(*patterns: str) -> list[str]:
    """Tracked files; skipped where the sources lie outside of git, as in an archive."""
    command = ["git", "ls-files", "-z", "--", *patterns]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    names = listed.stdout.decode().split("\0")
    return [name for name in names if name and (REPOSITORY / name).is_file()]


#: No start may depend on the network, so the default weights come with the code.
WEIGHTS = "encoder_worker/model/imagenet/vgg16.safetensors"


def test_no_source_file_is_longer_than_one_room() -> None:
    lengths = {
        name: (REPOSITORY / name).read_text().count("\n")
        for name in tracked("*.py", "*.ts", "*.tsx")
        if name not in GENERATED
    }
    assert {name: n for name, n in lengths.items() if n > LONGEST} == {}


def test_no_heavy_file_is_in_the_repository() -> None:
    sizes = {name: (REPOSITORY / name).stat().st_size for name in tracked() if name != WEIGHTS}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}


def test_licence_is_apache_2() -> None:
    text = (REPOSITORY / "LICENSE").read_bytes()
    assert hashlib.sha256(text).hexdigest() == APACHE_2


@pytest.mark.parametrize("suffix", ["yaml", "yml"])
def test_yaml_files_are_yaml(suffix: str) -> None:
    for name in tracked(f"deploy/**/*.{suffix}", f"*.{suffix}"):
        # Those of the chart are YAML once they are rendered (test_chart.py).
        if "/templates/" in name:
            continue
        # Parsed, not constructed: a compose file may have tags of its own (`!reset`).
        assert yaml.compose((REPOSITORY / name).read_text()) is not None, name


def test_dashboards_are_json() -> None:
    dashboards = list((REPOSITORY / "deploy" / "grafana").glob("*.json"))
    assert dashboards
    for file in dashboards:
        assert json.loads(file.read_text())["panels"], file.name


def test_continuous_integration_runs_the_two_documented_commands() -> None:
    script = REPOSITORY / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    lines = script.read_text().splitlines()
    assert [line for line in lines if line.startswith("make ")] == ["make check", "make test"]
    assert "set -euo pipefail" in lines


def test_makefile_targets_are_described() -> None:
    text = Path(REPOSITORY / "Makefile").read_text()
    for target in (
        "run",
        "test",
        "test-containers",
        "check",
        "bench",
        "screenshots",
        "client",
        "lock",
        "page",
        "clean",
    ):
        assert any(
            line.startswith(f"{target}:") and " ## " in line for line in text.splitlines()
        ), target
