"""int8: read beside its weights, used on request, with vectors near to those of floats."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from encoder_worker.encode.calibration import sample_pictures
from encoder_worker.encode.encoder import normalise
from encoder_worker.encode.openvino import OpenVinoRuntime
from encoder_worker.encode.quantization import (
    quantize_kernel,
    ranges_path,
    read_ranges,
)
from encoder_worker.encode.runtime import Pixels
from encoder_worker.encode.torch import TorchRuntime
from encoder_worker.errors import StartupError
from encoder_worker.model.vgg16 import Convolution, Weights, feature_indexes, untrained
from encoder_worker.model.weights import INPUT_KEY, find_weights
from shared.domain.fingerprint import Pooling
from shared.settings import Settings
from tests.drawn import draw_files
from tests.encoders import cosine

POOLINGS: tuple[Pooling, ...] = ("avg", "max", "gem")


@pytest.fixture(scope="module")
def imagenet(encoder_settings: Settings) -> Weights:
    return find_weights(encoder_settings.model_copy(update={"weights": "imagenet"}))


@pytest.fixture(scope="module")
def int8_settings(encoder_settings: Settings) -> Settings:
    return encoder_settings.model_copy(update={"weights": "imagenet", "precision": "int8"})


@pytest.fixture(scope="module")
def own_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weight file of one's own, not calibrated yet."""
    tensors: dict[str, NDArray[np.float32]] = {}
    for index, layer in zip(feature_indexes(), untrained().load(), strict=True):
        tensors |= {f"{index}.weight": layer.kernel, f"{index}.bias": layer.bias}
    path = tmp_path_factory.mktemp("weights") / "mine.safetensors"
    save_file(tensors, path, metadata={INPUT_KEY: "torchvision"})
    return path


def test_it_keeps_near_to_the_reference_and_shares_its_name(
    imagenet: Weights, int8_settings: Settings, squares: list[Pixels]
) -> None:
    runtime = OpenVinoRuntime(imagenet, int8_settings, "queries")
    assert (runtime.precision, runtime.weights) == ("int8", imagenet.name)
    reference = TorchRuntime(
        imagenet, int8_settings.model_copy(update={"precision": "float32"}), "cpu"
    )
    found = normalise(runtime.forward(squares, POOLINGS))
    wanted = normalise(reference.forward(squares, POOLINGS))
    for one, other in zip(found, wanted, strict=True):
        assert 0.995 <= cosine(one, other) < 0.999999


def test_int8_is_taken_only_when_asked_for(encoder_settings: Settings, imagenet: Weights) -> None:
    settings = encoder_settings.model_copy(update={"weights": "imagenet"})
    assert OpenVinoRuntime(imagenet, settings, "queries").precision in ("bfloat16", "float32")


def test_kernels_keep_within_half_a_step_of_each_filter() -> None:
    kernel = np.random.default_rng(0).normal(size=(4, 3, 3, 3)).astype(np.float32)
    kernel[1] *= 100
    kernel[2] = 0
    rounded, scales = quantize_kernel(Convolution(kernel, np.zeros(4, np.float32)))
    assert rounded.dtype == np.int8
    assert scales.shape == (4, 1, 1, 1)
    assert (np.abs(rounded * scales - kernel) <= scales * 0.5001).all()


def test_weights_that_are_not_calibrated_name_the_remedy(int8_settings: Settings) -> None:
    settings = int8_settings.model_copy(update={"weights": "untrained"})
    with pytest.raises(StartupError, match=r"not calibrated for int8.*make calibrate"):
        OpenVinoRuntime(find_weights(settings), settings, "queries")


def test_a_file_of_ones_own_is_calibrated_by_a_command(
    own_file: Path, tmp_path: Path, int8_settings: Settings
) -> None:
    draw_files(tmp_path / "photos", 3)
    command = [sys.executable, "-m", "encoder_worker.encode.calibration", str(own_file)]
    subprocess.run([*command, str(tmp_path / "photos")], check=True)
    settings = int8_settings.model_copy(update={"weights": str(own_file)})
    runtime = OpenVinoRuntime(find_weights(settings), settings, "queries")
    assert (runtime.precision, runtime.weights[:5]) == ("int8", "file-")

    (tmp_path / "none").mkdir()
    failed = subprocess.run(
        [*command, str(tmp_path / "none")], capture_output=True, text=True, check=False
    )
    assert failed.returncode == 1
    assert f"No picture under {tmp_path / 'none'} can be read" in failed.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot be read"),
        ('{"weights": "0123", "ranges": []}', "another weight file"),
        ('{"weights": "%s", "ranges": [1.0]}', "13 positive ranges"),
    ],
)
def test_a_broken_calibration_is_named(
    content: str, said: str, imagenet: Weights, tmp_path: Path
) -> None:
    assert imagenet.path is not None
    copy = tmp_path / "w.safetensors"
    copy.write_bytes(imagenet.path.read_bytes())
    digest = json.loads(ranges_path(imagenet.path).read_text())["weights"]
    ranges_path(copy).write_text(content.replace("%s", digest))
    with pytest.raises(StartupError, match=said):
        read_ranges(replace(imagenet, path=copy))


def test_pictures_to_calibrate_on_are_the_sound_ones_and_the_same_each_time(
    tmp_path: Path,
) -> None:
    draw_files(tmp_path / "many", 3)
    (tmp_path / "many" / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    found = list(sample_pictures(tmp_path, 10**8))
    assert [picture.shape for picture in found] == [(224, 224, 3)] * 3
    for first, again in zip(found, sample_pictures(tmp_path, 10**8), strict=True):
        np.testing.assert_array_equal(first, again)
