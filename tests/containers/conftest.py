"""One deployment for all tests of the containers; its measurements are printed at the end."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import test_data as real_data
from tests.containers.base_images import make_base_images
from tests.containers.deployment import Deployment
from tests.containers.engine import Engine, cache_folder, missing
from tests.drawn import draw_files

#: Enough for seconds of work on two cores, so that a kill falls into the middle.
_PICTURES = 400
_transcript: list[str] = []


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """podman with the base images; a laptop without it skips, CI fails."""
    if why := missing():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(why)
    found = Engine(cache_folder())
    found.clear()
    began = time.monotonic()
    make_base_images(found)
    say(f"base images and stand-ins: {time.monotonic() - began:.0f} s")
    yield found
    found.close()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A folder of pictures, real ones where there are any, and how many they are."""
    folder = tmp_path_factory.mktemp("pictures") / "root"
    if data := real_data():
        for source in sorted((data / "clothing").rglob("*.jpg"))[:_PICTURES]:
            target = folder / source.relative_to(data / "clothing")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    else:
        draw_files(folder, _PICTURES)
    return readable(folder), len(list(folder.rglob("*.jpg")))


@pytest.fixture(scope="session")
def more_pictures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A second folder."""
    folder = tmp_path_factory.mktemp("more") / "root"
    draw_files(folder, 12, first=1000)
    return readable(folder), 12


@pytest.fixture(scope="session")
def images(
    engine: Engine,
    pictures: tuple[Path, int],
    more_pictures: tuple[Path, int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployment]:
    """The deployment with its images built, and nothing started yet."""
    folder = tmp_path_factory.mktemp("deployment")
    found = Deployment(engine, folder, pictures[0], more_pictures[0])
    began = time.monotonic()
    found.build()
    say(f"images of compose.yaml: {time.monotonic() - began:.0f} s")
    yield found
    found.client.close()


@pytest.fixture(scope="session")
def deployment(images: Deployment) -> Iterator[Deployment]:
    """The deployment, up and healthy."""
    began = time.monotonic()
    healthy = images.up()
    images.wait_ready()
    seconds = ", ".join(f"{service} {after:.0f}" for service, after in healthy.items())
    say(f"seconds until healthy: {seconds}; ready after {time.monotonic() - began:.0f}")
    yield images
    images.compose("down", "--volumes", "--timeout", "5", seconds=180)


def readable(folder: Path) -> Path:
    """Let every user read a folder, as deploy/README.md asks for."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def say(line: str) -> None:
    """Add a line to the transcript."""
    _transcript.append(line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _transcript:
        terminalreporter.section("containers")
        for line in _transcript:
            terminalreporter.write_line(line)
