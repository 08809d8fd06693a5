"""The Dockerfiles: multi-stage, pinned, non-root, and each with no more than its process needs."""

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.unit.deploy.repository.compose import REPOSITORY

FILES = sorted((REPOSITORY / "deploy" / "docker").glob("*.Dockerfile"))


def instructions(file: Path) -> list[tuple[str, str]]:
    """(instruction, its text) for each, with continued lines joined."""
    text = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", file.read_text()))
    pairs = (line.split(None, 1) for line in text.splitlines() if line.strip())
    return [(name, rest) for name, rest in pairs]


def named(file: Path, instruction: str) -> list[str]:
    return [rest for name, rest in instructions(file) if name == instruction]


def test_there_is_one_for_each_process() -> None:
    assert [file.name.split(".")[0] for file in FILES] == ["encoder", "gateway", "indexer"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_image_is_built_in_stages_from_pinned_images(file: Path) -> None:
    stages = named(file, "FROM")
    assert len(stages) >= 2
    for stage in stages:
        assert re.match(r"\S+:\d+\.\d+\.\d+\S*( AS \w+)?$", stage), stage
    assert " AS " not in stages[-1]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_process_is_not_root_and_gets_its_signals(file: Path) -> None:
    assert named(file, "USER") == ["10001:10001"]
    assert named(file, "ENTRYPOINT") == ['["tini", "--"]']
    [command] = named(file, "CMD")
    assert command.startswith("[")
    [health] = named(file, "HEALTHCHECK")
    assert "CMD [" in health


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_packages_come_from_the_lock_with_hashes(file: Path) -> None:
    process = file.name.split(".")[0].replace("encoder", "encoder-${HARDWARE}")
    installs = [text for text in named(file, "RUN") if "uv pip sync" in text]
    assert len(installs) == 1
    assert "--require-hashes" in installs[0]
    assert f"requirements-{process}.lock /tmp/requirements.lock" in named(file, "COPY")
    lock = (REPOSITORY / "requirements.lock").read_text()
    version = re.search(r"^uv==([\d.]+)", lock, re.MULTILINE)
    assert version
    assert any(f"uv=={version[1]}" in text for text in named(file, "RUN"))


@pytest.mark.parametrize(
    ("lock", "heavy"),
    [
        ("gateway", set()),
        ("indexer", set()),
        ("encoder-cpu", {"openvino"}),
        ("encoder-gpu", {"openvino", "torch", "nvidia"}),
    ],
)
def test_only_the_image_for_gpus_carries_torch_and_cuda(lock: str, heavy: set[str]) -> None:
    text = (REPOSITORY / f"requirements-{lock}.lock").read_text()
    found = re.findall(r"^(torch|openvino|nvidia)(?:-\w+)*==", text, re.MULTILINE)
    assert set(found) == heavy


def test_the_encoder_is_made_for_cpus_unless_told_otherwise() -> None:
    file = REPOSITORY / "deploy" / "docker" / "encoder.Dockerfile"
    assert named(file, "ARG").count("HARDWARE=cpu") == 1
    [install] = [text for text in named(file, "RUN") if "gcc" in text]
    assert re.search(r'if \[ "\$HARDWARE" = gpu \]; then [^;]* gcc ', install)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_image_is_labelled_and_lists_its_packages(file: Path) -> None:
    [labels] = named(file, "LABEL")
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    found = dict(re.findall(r'org\.opencontainers\.image\.([\w.]+)="([^"]*)"', labels))
    assert found["version"] == project["version"]
    assert found["licenses"] == project["license"]
    assert found["revision"] == "$REVISION"
    assert found["base.name"] == named(file, "FROM")[-1]
    assert found["title"]
    assert found["description"]
    assert any("uv pip freeze" in text for text in named(file, "RUN"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_any_user_may_write_to_new_volumes(file: Path) -> None:
    """A volume takes the rights of the image's folder, whoever compose.yaml lets run there."""
    assert any("install -d -m 1777 /data /data/uploads" in text for text in named(file, "RUN"))
    assert any("HOME=/data" in text for text in named(file, "ENV"))


def test_processes_that_a_worker_spawns_find_its_packages() -> None:
    """Celery's command has the working directory on its path only while it starts."""
    for file in FILES:
        assert any("PYTHONPATH=/app" in text for text in named(file, "ENV")), file.name
        assert "/app" in named(file, "WORKDIR")


def test_threads_come_from_the_settings() -> None:
    for file in FILES:
        [command] = named(file, "CMD")
        assert '"-c"' not in command, file.name


def test_each_image_holds_its_packages_and_no_other() -> None:
    expected = {
        "encoder": {"shared", "encoder_worker"},
        "gateway": {"shared", "gateway"},
        "indexer": {"shared", "indexer"},
    }
    packages = {"shared", "indexer", "encoder_worker", "gateway"}
    for file in FILES:
        copied = {text.split()[0] for text in named(file, "COPY")} & packages
        assert copied == expected[file.name.split(".")[0]], file.name


def test_what_is_copied_is_sent_to_the_builder() -> None:
    rules = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert rules[1] == "*"
    allowed = [rule.removeprefix("!") for rule in rules if rule.startswith("!")]
    for file in FILES:
        for text in named(file, "COPY"):
            if not text.startswith("--from"):
                for source in text.split()[:-1]:
                    inside = (
                        fnmatch(source, rule) or fnmatch(source, f"{rule}/*") for rule in allowed
                    )
                    assert any(inside), f"{file.name} copies {source}"
