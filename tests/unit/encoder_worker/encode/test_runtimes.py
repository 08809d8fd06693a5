"""The runtimes against the reference, and the reference against stored numbers."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from structlog.testing import capture_logs
from torch import Tensor

from encoder_worker.encode import cuda
from encoder_worker.encode.cuda import CudaNetwork, CudaRuntime
from encoder_worker.encode.devices import CPU, Device
from encoder_worker.encode.encoder import Encoder, normalise
from encoder_worker.encode.factory import create_runtime
from encoder_worker.encode.openvino import OpenVinoRuntime
from encoder_worker.encode.runtime import Pixels, Runtime
from encoder_worker.encode.torch import TorchRuntime, VggFeatures
from encoder_worker.errors import StartupError
from encoder_worker.model.vgg16 import Weights, untrained
from shared.domain.fingerprint import Pooling
from shared.settings import Settings

POOLINGS: tuple[Pooling, ...] = get_args(Pooling)


#: The first values of the pattern's unit vectors, by torch's float32. A processor that adds in
#: another order differs in the seventh digit.
GOLDEN: dict[Pooling, list[float]] = {
    "avg": [0.0403249, 0.0343786, 0.0570822, 0.0505461, 0.0418711, 0.0300278],
    "max": [0.0440835, 0.0352875, 0.0468297, 0.0471394, 0.0488622, 0.0419856],
    "gem": [0.0412465, 0.0353874, 0.0503138, 0.0462778, 0.0442615, 0.0371680],
    "rmac": [0.0398707, 0.0353821, 0.0462372, 0.0436686, 0.0460733, 0.0420001],
}


def pattern() -> Pixels:
    """A picture of arithmetic alone, so that no drawing library has a say in it."""
    rows, columns = np.mgrid[:224, :224]
    channels = (rows * 3 + columns, rows + columns * 5, rows * columns // 97)
    return (np.stack(channels, axis=-1) % 256).astype(np.uint8)


@pytest.fixture(scope="module")
def pictures(squares: list[Pixels]) -> list[Pixels]:
    """A picture for each pooling."""
    return [pattern(), *squares]


@pytest.fixture(scope="module")
def weights() -> Weights:
    return untrained()


@pytest.fixture(scope="module")
def reference(
    weights: Weights, encoder_settings: Settings, pictures: list[Pixels]
) -> NDArray[np.float32]:
    """The reference's unit vectors: the pictures, each under another pooling."""
    runtime = TorchRuntime(weights, encoder_settings, "cpu")
    return normalise(runtime.forward(pictures, POOLINGS))


def test_the_reference_gives_the_golden_vectors(
    weights: Weights, encoder_settings: Settings
) -> None:
    runtime = TorchRuntime(weights, encoder_settings, "cpu")
    found = normalise(runtime.forward([pattern()] * len(POOLINGS), POOLINGS))
    for pooling, vector in zip(POOLINGS, found, strict=True):
        np.testing.assert_allclose(vector[:6], GOLDEN[pooling], atol=2e-6)


def test_the_loads_encoder_keeps_to_the_reference(
    encoder: Encoder, pictures: list[Pixels], reference: NDArray[np.float32]
) -> None:
    """In whatever precision this processor is quickest at."""
    futures = [encoder.submit(*pair) for pair in zip(pictures, POOLINGS, strict=True)]
    for future, wanted in zip(futures, reference, strict=True):
        assert float(future.result(60).vector @ wanted) >= 0.999


def test_pictures_are_told_apart(reference: NDArray[np.float32], encoder: Encoder) -> None:
    """Untrained as it is, the network must not give every picture the same vector."""
    colours = [(200, 30, 30), (30, 30, 200), (240, 240, 240)]
    flat = [np.full((224, 224, 3), colour, np.uint8) for colour in colours]
    vectors = [encoder.submit(pixels, "avg").result(60).vector for pixels in [*flat, pattern()]]
    products = np.array(vectors) @ np.array(vectors).T
    assert products[np.triu_indices(len(vectors), 1)].max() < 0.97


def test_queries_are_encoded_as_loads_are(
    weights: Weights,
    encoder_settings: Settings,
    pictures: list[Pixels],
    reference: NDArray[np.float32],
) -> None:
    runtime = OpenVinoRuntime(weights, encoder_settings, "queries")
    assert runtime.streams == 1
    assert runtime.batch_size > 1
    unit = normalise(runtime.forward(pictures, POOLINGS))
    assert (unit * reference).sum(axis=1).min() >= 0.999


def test_openvino_in_float32_is_exact(
    weights: Weights,
    encoder_settings: Settings,
    pictures: list[Pixels],
    reference: NDArray[np.float32],
) -> None:
    settings = encoder_settings.model_copy(update={"precision": "float32"})
    runtime = OpenVinoRuntime(weights, settings, "queries")
    assert runtime.precision == "float32"
    unit = normalise(runtime.forward(pictures, POOLINGS))
    np.testing.assert_allclose(unit, reference, atol=1e-5)


def on_cpu(plain: Callable[[Tensor], Tensor], fused: Callable[[Tensor], Tensor]) -> CudaNetwork:
    return CudaNetwork(plain, fused, torch.device("cpu"), "w", "bfloat16")


def test_the_cuda_path_keeps_to_the_reference(
    weights: Weights, pictures: list[Pixels], reference: NDArray[np.float32]
) -> None:
    """All of it but streams and graphs, which a CPU has not: a full batch, and one of one."""
    network = cuda.create_network(weights, "bfloat16")
    runtime: Runtime = CudaRuntime(on_cpu(network, network), batch=2, streams=1)
    for rows in (slice(2), slice(2, 3)):
        unit = normalise(runtime.forward(pictures[rows], POOLINGS[rows]))
        assert (unit * reference[rows]).sum(axis=1).min() >= 0.999


def test_float16_is_given_room_and_changes_no_vector(weights: Weights) -> None:
    """Its input and biases are scaled, and so is its map: not at all, once of unit length."""
    assert cuda.create_network(weights, "float16").features[0].weight.dtype == torch.float16
    biased = [replace(layer, bias=layer.bias + np.float32(0.1)) for layer in weights.load()]
    biased_weights = replace(weights, load=lambda: tuple(biased))
    batch = torch.from_numpy(pattern()[None])
    with torch.inference_mode():
        plain, scaled = (VggFeatures(biased_weights, scale=scale)(batch) for scale in (1.0, 1 / 64))
    torch.testing.assert_close(scaled * 64, plain)


def test_a_network_that_does_not_compile_runs_eagerly() -> None:
    def broken(_: Tensor) -> Tensor:
        raise RuntimeError("no C compiler")

    def plain(batch: Tensor) -> Tensor:
        return torch.ones((len(batch), 7, 7, 512))

    with capture_logs() as logs:
        runtime = CudaRuntime(on_cpu(plain, broken), batch=4, streams=2)
    assert {line["event"] for line in logs} == {"compile_failed"}
    assert runtime.forward([pattern()], ["avg"]).tolist() == [[1.0] * 512]


def test_memory_that_runs_out_is_not_taken_for_a_compilers_failure() -> None:
    def hungry(batch: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        CudaRuntime(on_cpu(hungry, hungry), batch=4, streams=1)


def test_a_worker_on_the_cpu_starts_without_torch(encoder_settings: Settings) -> None:
    """It is not installed there; where it is, it would cost seconds and 200 MB."""
    code = """
import sys
sys.modules["torch"] = None
from encoder_worker import queries
from encoder_worker.chunks import processor
from encoder_worker.encode.devices import CPU
from encoder_worker.encode.factory import load_encoder
from shared.settings import get_settings
load_encoder(get_settings(), "queries", CPU).close()
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"LOOKALIKE_DATA_DIR": str(encoder_settings.data_dir)},
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("runtime", "device"), [("torch", CPU), ("auto", Device("cuda:0"))])
def test_a_runtime_without_its_library_names_the_remedy(
    runtime: str,
    device: Device,
    weights: Weights,
    encoder_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("torch", "encoder_worker.encode.torch", "encoder_worker.encode.cuda"):
        monkeypatch.setitem(sys.modules, name, None)
    settings = encoder_settings.model_copy(update={"runtime": runtime})
    with pytest.raises(StartupError, match=r"requirements-run-gpu\.lock"):
        create_runtime(weights, settings, "loads", device)


def test_the_settings_choose_the_runtime(weights: Weights, encoder_settings: Settings) -> None:
    def asking(**changes: str) -> Settings:
        return encoder_settings.model_copy(update=changes)

    assert create_runtime(weights, encoder_settings, "loads", CPU).name == "openvino"
    chosen = create_runtime(weights, asking(runtime="torch"), "loads", CPU)
    assert (chosen.name, chosen.precision) == ("torch", "float32")
    gpu = Device("cuda:0")
    for settings, device, said in (
        (asking(runtime="cuda"), CPU, "needs a GPU"),
        (asking(runtime="openvino"), gpu, "for the CPU"),
        (asking(runtime="torch", precision="bfloat16"), CPU, "float32 reference"),
    ):
        with pytest.raises(StartupError, match=said):
            create_runtime(weights, settings, "loads", device)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_torch_without_cuda_says_so(weights: Weights, encoder_settings: Settings) -> None:
    with pytest.raises(StartupError, match="install torch with CUDA"):
        create_runtime(weights, encoder_settings, "loads", Device("cuda:0"))
