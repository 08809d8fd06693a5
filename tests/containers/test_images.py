"""The images: their contents, labels and users."""

import json
import re
from typing import Any

import pytest

from tests.containers.conftest import say
from tests.containers.deployment import Deployment
from tests.containers.engine import REPOSITORY, Engine

_BASE = "org.opencontainers.image.base.name"

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1800)]

IMAGES = {
    "lookalike-gateway:0.1.0": "requirements-gateway.lock",
    "lookalike-indexer:0.1.0": "requirements-indexer.lock",
    "lookalike-encoder:0.1.0-cpu": "requirements-encoder-cpu.lock",
}


def image(engine: Engine, name: str) -> dict[str, Any]:
    found = json.loads(engine.podman("image", "inspect", name))
    assert isinstance(found[0], dict)
    return found[0]


def python(engine: Engine, name: str, source: str, *options: str) -> str:
    return engine.podman(
        *("run", "--rm", "--network=none", "--entrypoint=python", *options), name, "-c", source
    )


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_says_what_it_is(images: Deployment, name: str) -> None:
    found = image(images.engine, name)
    labels = found["Labels"]
    assert labels["org.opencontainers.image.version"] == "0.1.0"
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert labels["org.opencontainers.image.title"].startswith("Lookalike ")
    assert found["Config"]["User"] == "10001:10001"
    assert found["Healthcheck"]["Test"]
    layers = len(found["RootFS"]["Layers"])
    size, base = found["Size"], image(images.engine, labels[_BASE])["Size"]
    say(f"{name}: {size / 1e6:.0f} MB, of which its base {base / 1e6:.0f}; {layers} layers")


@pytest.mark.parametrize(("name", "lock"), IMAGES.items())
def test_an_image_lists_its_packages_and_they_are_the_lock_s(
    images: Deployment, name: str, lock: str
) -> None:
    listed = python(images.engine, name, "print(open('/opt/venv/packages.txt').read())")
    locked = re.findall(r"^([\w.-]+==[\w.+]+)", (REPOSITORY / lock).read_text(), re.MULTILINE)
    assert listed
    assert set(listed.split()) <= set(locked)
    assert not re.search(r"^(torch|nvidia)", listed, re.MULTILINE)


@pytest.mark.parametrize("name", IMAGES)
def test_another_user_may_write_to_a_new_volume(images: Deployment, name: str) -> None:
    """As with LOOKALIKE_UID in .env: the volume takes its rights from the image."""
    source = "import os; open('/data/new', 'w'); print(os.getuid(), os.stat('/data/new').st_uid)"
    options = ("--user=4242:4243", "--read-only", "--cap-drop=all", "--volume=/data")
    assert python(images.engine, name, source, *options) == "4242 4242"


def test_an_encoder_on_a_share_of_the_cpus_takes_as_many_threads(images: Deployment) -> None:
    source = "from encoder_worker.encode.cpu_quota import available_cpus; print(available_cpus())"
    name = "lookalike-encoder:0.1.0-cpu"
    assert python(images.engine, name, source, "--cpus=0.5") == "1"
    whole = python(images.engine, name, "import os; print(len(os.sched_getaffinity(0)))")
    assert python(images.engine, name, source) == whole


@pytest.mark.gpu_image
def test_the_image_for_gpus_is_built_and_runs_as_far_as_it_does_without_one(
    images: Deployment,
) -> None:
    engine = images.engine
    engine.build(
        "lookalike-encoder:0.1.0-gpu",
        REPOSITORY / "deploy" / "docker" / "encoder.Dockerfile",
        REPOSITORY,
        HARDWARE="gpu",
    )
    found = image(engine, "lookalike-encoder:0.1.0-gpu")
    assert found["Labels"]["lookalike.hardware"] == "gpu"
    say(f"lookalike-encoder:0.1.0-gpu: {found['Size'] / 1e6:.0f} MB")
    source = (
        "import torch, torchcodec.decoders, encoder_worker.encode.cuda\n"
        "print(torch.version.cuda is not None, torch.cuda.is_available())"
    )
    assert python(engine, "lookalike-encoder:0.1.0-gpu", source) == "True False"
    assert engine.podman(
        "run", "--rm", "--entrypoint=gcc", "lookalike-encoder:0.1.0-gpu", "--version"
    ).startswith("gcc")
