"""What carries out the forward pass: one small interface, three implementations.

`torch` is float32 and the reference; `openvino` is the CPU's fast path, `cuda` the GPU's.
"""

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from encoder_worker.encode.devices import Device
from encoder_worker.errors import StartupError
from encoder_worker.model.vgg16 import Weights
from shared.domain.fingerprint import Pooling
from shared.settings import Settings

#: An upright RGB picture, uint8 (224, 224, 3).
Pixels: TypeAlias = NDArray[np.uint8]
#: Unnormalised descriptors, float32 (n, 512).
Descriptors: TypeAlias = NDArray[np.float32]
#: Loads want images per second, queries want the next one soon.
Workload: TypeAlias = Literal["loads", "queries"]


class Runtime(Protocol):
    """A loaded network. `forward` may be called by `lanes` threads at once."""

    @property
    def name(self) -> str: ...

    @property
    def device(self) -> str: ...

    @property
    def precision(self) -> str: ...

    @property
    def weights(self) -> str:
        """The exact name of what it computes with, which goes into fingerprints."""
        ...

    @property
    def streams(self) -> int:
        """Forward passes that keep the device busy when they run side by side."""
        ...

    @property
    def batch_size(self) -> int:
        """The most pictures that one `forward` takes."""
        ...

    def forward(self, pictures: Sequence[Pixels], poolings: Sequence[Pooling]) -> Descriptors:
        """Picture i pooled by `poolings[i]`, for 1 to `batch_size` pictures."""
        ...


def create_runtime(
    weights: Weights, settings: Settings, workload: Workload, device: Device
) -> Runtime:
    """The runtime that the settings and the device call for. Raises StartupError."""
    name = settings.runtime
    if name == "auto":
        name = "cuda" if device.is_gpu else "openvino"
    if device.is_gpu and name == "openvino":
        raise StartupError("The openvino runtime is for the CPU; set LOOKALIKE_DEVICE to `cpu`.")
    if not device.is_gpu and name == "cuda":
        raise StartupError("The cuda runtime needs a GPU; set LOOKALIKE_DEVICE to `auto`.")
    # Imported late: each library takes seconds and hundreds of megabytes to load.
    if name == "openvino":
        from encoder_worker.encode.openvino import OpenVinoRuntime

        return OpenVinoRuntime(weights, settings, workload)
    if name == "cuda":
        from encoder_worker.encode.cuda import create_cuda_runtime

        return create_cuda_runtime(weights, settings, workload, device.name)
    from encoder_worker.encode.torch import TorchRuntime

    return TorchRuntime(weights, settings, device.name)
