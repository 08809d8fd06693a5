"""int8: calibrated once, near to the reference, and a vector space of its own."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from encoder_worker.encode.calibration import SAMPLES, drawn_pictures, own_pictures
from encoder_worker.encode.encoder import normalise
from encoder_worker.encode.openvino import OpenVinoRuntime
from encoder_worker.encode.quantization import int8_name
from encoder_worker.encode.runtime import Pixels
from encoder_worker.encode.torch import TorchRuntime
from encoder_worker.errors import StartupError
from encoder_worker.model.vgg16 import Weights
from encoder_worker.model.weights import find_weights
from shared.domain.fingerprint import Pooling
from shared.settings import Settings
from tests.drawn import draw_files
from tests.unit.encoder_worker.conftest import cosine

POOLINGS: tuple[Pooling, ...] = ("avg", "max", "gem")


@pytest.fixture(scope="module")
def weights(encoder_settings: Settings) -> Weights:
    return find_weights(encoder_settings)


@pytest.fixture(scope="module")
def int8_settings(encoder_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("calibration")
    draw_files(folder, 4, first=100)
    return encoder_settings.model_copy(update={"precision": "int8", "calibration_images": folder})


@pytest.fixture(scope="module")
def runtime(
    weights: Weights, int8_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> OpenVinoRuntime:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.delenv("CI", raising=False)
        loaded = OpenVinoRuntime(weights, int8_settings, "queries")
    # Where OpenVINO and NNCF would keep the number under which they report their use.
    assert list(home.iterdir()) == []
    return loaded


def test_it_keeps_near_to_the_reference(
    runtime: OpenVinoRuntime,
    weights: Weights,
    encoder_settings: Settings,
    squares: list[Pixels],
) -> None:
    reference = TorchRuntime(weights, encoder_settings, "cpu")
    found = normalise(runtime.forward(squares, POOLINGS))
    wanted = normalise(reference.forward(squares, POOLINGS))
    for one, other in zip(found, wanted, strict=True):
        assert 0.99 <= cosine(one, other) < 0.999999


def test_its_name_is_its_own_and_lasts(
    runtime: OpenVinoRuntime, weights: Weights, int8_settings: Settings
) -> None:
    assert runtime.precision == "int8"
    assert runtime.weights.startswith(f"{weights.name}-int8-")
    with capture_logs() as logs:
        again = OpenVinoRuntime(weights, int8_settings, "queries")
    assert again.weights == runtime.weights
    assert logs == []


def test_another_calibration_is_another_space(runtime: OpenVinoRuntime, tmp_path: Path) -> None:
    """What calibration finds lies in the .bin; the .xml tells versions and paths as well."""
    path = tmp_path / "network.xml"
    for suffix in (".xml", ".bin"):
        shutil.copyfile(runtime.path.with_suffix(suffix), path.with_suffix(suffix))
    path.write_text("<another/>")
    assert int8_name("w", path) == int8_name("w", runtime.path)
    with path.with_suffix(".bin").open("ab") as file:
        file.write(b"1")
    assert int8_name("w", path) != int8_name("w", runtime.path)


def test_a_folder_without_pictures_is_named(
    weights: Weights, int8_settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "note.txt").write_text("no picture")
    settings = int8_settings.model_copy(update={"calibration_images": tmp_path})
    with pytest.raises(StartupError, match=f"no picture under {tmp_path}.*CALIBRATION_IMAGES"):
        OpenVinoRuntime(weights, settings, "queries")


def test_own_pictures_are_the_sound_ones_and_not_of_one_folder(tmp_path: Path) -> None:
    draw_files(tmp_path / "many", 3)
    (tmp_path / "many" / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    found = list(own_pictures(tmp_path, 10**8))
    assert [picture.shape for picture in found] == [(224, 224, 3)] * 3
    for first, again in zip(found, own_pictures(tmp_path, 10**8), strict=True):
        np.testing.assert_array_equal(first, again)


def test_drawn_pictures_are_many_and_all_different() -> None:
    drawn = list(drawn_pictures())
    assert len({picture.tobytes() for picture in drawn}) == SAMPLES
    assert {picture.shape for picture in drawn} == {(224, 224, 3)}
