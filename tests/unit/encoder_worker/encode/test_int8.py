"""int8: calibrated beside its weights, chosen where it is fast, near to floats."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from encoder_worker.encode import openvino as on_openvino
from encoder_worker.encode.calibration import calibrate, sample_pictures
from encoder_worker.encode.encoder import normalise
from encoder_worker.encode.openvino import OpenVinoRuntime
from encoder_worker.encode.openvino_network import build_network
from encoder_worker.encode.quantization import (
    Calibration,
    calibration_path,
    has_fast_int8,
    quantize_kernel,
    read_calibration,
    split_by_filters,
    write_calibration,
)
from encoder_worker.encode.runtime import Pixels
from encoder_worker.encode.torch import TorchRuntime
from encoder_worker.errors import StartupError
from encoder_worker.model.vgg16 import Convolution, Weights, feature_indexes, untrained
from encoder_worker.model.weights import INPUT_KEY, file_sha256, find_weights
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


def copied(file: Path, folder: Path) -> Path:
    copy = folder / "w.safetensors"
    copy.write_bytes(file.read_bytes())
    return copy


def make_calibration() -> Calibration:
    values = np.arange(4224, dtype=np.float32)
    return Calibration(np.arange(1, 14, dtype=np.float32), split_by_filters(values))


def tensors(ranges: int, value: float = 1.0) -> dict[str, NDArray[np.float32]]:
    return {
        "ranges": np.full(ranges, value, np.float32),
        "corrections": np.zeros(4224, np.float32),
    }


def made_for(calibration: Path) -> dict[str, str]:
    """The metadata of a calibration of the file that `copied` made."""
    return {"weights": file_sha256(calibration.with_name("w.safetensors"))}


def filter_means(
    weights: Weights, calibration: Calibration | None, pictures: list[Pixels]
) -> NDArray[np.float32]:
    """The mean of what each filter gives before its ReLU, over pictures, float32 (4224,)."""
    network = build_network(weights, calibration, with_statistics=True)
    compiled = ov.Core().compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    means: NDArray[np.float32] = np.mean([compiled(one[None])[2] for one in pictures], axis=0)
    return means


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


@pytest.mark.parametrize(
    ("fast", "weights", "precisions"),
    [
        (True, "imagenet", {"int8"}),
        (False, "imagenet", {"bfloat16", "float32"}),
        (True, "untrained", {"bfloat16", "float32"}),
    ],
)
def test_auto_takes_int8_where_it_is_fast_and_calibrated(
    fast: bool,
    weights: str,
    precisions: set[str],
    encoder_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(on_openvino, "has_fast_int8", lambda: fast)
    settings = encoder_settings.model_copy(update={"weights": weights})
    runtime = OpenVinoRuntime(find_weights(settings), settings, "queries")
    assert runtime.precision in precisions


@pytest.mark.parametrize(
    ("flags", "fast"),
    [
        ("fpu avx2 avx_vnni", True),
        ("fpu avx512f avx512_vnni", True),
        ("amx_tile amx_int8", True),
        ("fpu avx2 avx512f avx512_bf16", False),
    ],
)
def test_processors_are_told_apart_by_their_flags(
    flags: str, fast: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t: avx512_vnni\n")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert has_fast_int8(cpuinfo) is fast
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert not has_fast_int8(cpuinfo)


def test_without_cpuinfo_int8_is_not_taken(tmp_path: Path) -> None:
    assert not has_fast_int8(tmp_path / "none")


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


def test_a_calibration_is_read_as_it_was_written(own_file: Path, tmp_path: Path) -> None:
    weights = replace(untrained(), path=copied(own_file, tmp_path))
    assert weights.path is not None
    written = make_calibration()

    path = write_calibration(weights.path, written)

    read = read_calibration(weights)
    np.testing.assert_array_equal(read.ranges, written.ranges)
    for one, other in zip(read.corrections, written.corrections, strict=True):
        np.testing.assert_array_equal(one, other)
    # An encoder may run as another user than whoever calibrated.
    assert path.stat().st_mode & 0o777 == 0o644


def test_corrections_take_back_what_rounding_shifts(
    imagenet: Weights, squares: list[Pixels]
) -> None:
    found = calibrate(imagenet, squares)

    nothing = replace(found, corrections=tuple(map(np.zeros_like, found.corrections)))
    wanted, raw, corrected = (
        filter_means(imagenet, calibration, squares) for calibration in (None, nothing, found)
    )
    assert np.abs(corrected - wanted).mean() < 0.05 * np.abs(raw - wanted).mean()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda file: file.write_bytes(b"{"), "cannot be read"),
        (lambda file: save_file({"ranges": np.ones(13, np.float32)}, file), "cannot be read"),
        (lambda file: save_file(tensors(13), file, {"weights": "0123"}), "another weight file"),
        (lambda file: save_file(tensors(1), file, made_for(file)), "13 positive ranges"),
        (lambda file: save_file(tensors(13, np.nan), file, made_for(file)), "13 positive ranges"),
    ],
)
def test_a_broken_calibration_is_named(
    damage: Callable[[Path], None], said: str, own_file: Path, tmp_path: Path
) -> None:
    weights = replace(untrained(), path=copied(own_file, tmp_path))
    assert weights.path is not None
    write_calibration(weights.path, make_calibration())
    damage(calibration_path(weights.path))
    with pytest.raises(StartupError, match=said):
        read_calibration(weights)


def test_pictures_to_calibrate_on_are_the_sound_ones_and_the_same_each_time(
    tmp_path: Path,
) -> None:
    draw_files(tmp_path / "many", 3)
    (tmp_path / "many" / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    found = list(sample_pictures(tmp_path, 10**8))
    assert [picture.shape for picture in found] == [(224, 224, 3)] * 3
    for first, again in zip(found, sample_pictures(tmp_path, 10**8), strict=True):
        np.testing.assert_array_equal(first, again)
