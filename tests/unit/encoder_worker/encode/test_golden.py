"""The trained network's vectors are equal to stored ones on every runtime.

`python -m tests.unit.encoder_worker.encode.test_golden` writes them anew, after an intended change.
"""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from encoder_worker.encode import cuda
from encoder_worker.encode.cuda import CudaNetwork, CudaRuntime
from encoder_worker.encode.encoder import normalise
from encoder_worker.encode.openvino import OpenVinoRuntime
from encoder_worker.encode.runtime import Pixels, Runtime
from encoder_worker.encode.torch import TorchRuntime
from encoder_worker.model.weights import find_weights
from shared.domain.fingerprint import Pooling
from shared.settings import Settings
from tests.benchmarks.encoder import known_precisions
from tests.drawn import draw

POOLINGS: tuple[Pooling, ...] = get_args(Pooling)
OWN_NUMBERS = ("bfloat16", "int8")
GOLDEN = Path(__file__).with_name("golden.safetensors")


def pattern(index: int) -> Pixels:
    """A picture of arithmetic alone, so that no drawing library has a say in it."""
    rows, columns = np.mgrid[:224, :224].astype(np.float64)
    waves = [np.sin(columns / (3 + index) + rows / (7 + k)) for k in range(3)]
    discs = ((rows - 112) ** 2 + (columns - 60 - 40 * index) ** 2 < 2500) * 90.0
    pixels: Pixels = (np.stack(waves, axis=-1) * 60 + 100 + discs[..., None]).astype(np.uint8)
    return pixels


#: One for each pooling.
PICTURES = [
    pattern(0),
    np.asarray(draw(3, (224, 224))),
    pattern(1),
    np.asarray(draw(5, (224, 224))),
]


def vectors(runtime: Runtime) -> NDArray[np.float32]:
    """A unit vector for each pooling, float32 (4, 512)."""
    pairs = zip(PICTURES, POOLINGS, strict=True)
    return normalise(np.concatenate([runtime.forward([one], [pooling]) for one, pooling in pairs]))


def openvino(settings: Settings, precision: str) -> Runtime:
    asked = settings.model_copy(update={"precision": precision})
    return OpenVinoRuntime(find_weights(settings), asked, "queries")


def on_torch(settings: Settings) -> Runtime:
    return TorchRuntime(find_weights(settings), settings, "cpu")


def as_on_cuda(settings: Settings) -> Runtime:
    # A CPU without float16 takes eight seconds for a picture of it.
    kind, precision = ("cuda", "float16") if torch.cuda.is_available() else ("cpu", "float32")
    device = torch.device(kind)
    network = cuda.create_network(find_weights(settings), precision).to(device)
    return CudaRuntime(CudaNetwork(network, network, device, "w", precision), batch=1, streams=1)


RUNTIMES: dict[str, Callable[[Settings], Runtime]] = {
    "torch": on_torch,
    "cuda": as_on_cuda,
    "openvino float32": lambda settings: openvino(settings, "float32"),
    "openvino bfloat16": lambda settings: openvino(settings, "bfloat16"),
    "openvino int8": lambda settings: openvino(settings, "int8"),
}


@pytest.mark.parametrize("name", RUNTIMES)
def test_vectors_are_those_written_down(name: str, encoder_settings: Settings) -> None:
    library, _, precision = name.partition(" ")
    if library == "openvino" and precision not in known_precisions():
        pytest.skip(f"this processor has no {precision}")
    settings = encoder_settings.model_copy(update={"weights": "imagenet"})
    found = vectors(RUNTIMES[name](settings))
    # Formats with fewer bits have numbers of their own, as has int8 by what is between its layers.
    numbers = precision if precision in OWN_NUMBERS else "float32"
    if precision == "int8" and "bfloat16" not in known_precisions():
        numbers = "int8, float32 between"
    golden = load_file(GOLDEN)[numbers]
    np.testing.assert_allclose(found, golden, atol=1e-3)
    assert float((found * golden).sum(axis=-1).min()) > 0.9998


def test_other_weights_do_not_pass(encoder_settings: Settings) -> None:
    settings = encoder_settings.model_copy(update={"weights": "untrained"})
    golden = load_file(GOLDEN)["float32"]
    assert float((vectors(on_torch(settings)) * golden).sum(axis=-1).max()) < 0.9


if __name__ == "__main__":
    own = {name: vectors(openvino(Settings(), name)) for name in OWN_NUMBERS}
    save_file({"float32": vectors(on_torch(Settings(precision="float32"))), **own}, GOLDEN)
