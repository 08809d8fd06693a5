"""What carries out the forward pass: one small interface, three implementations.

`torch` is float32 and the reference; `openvino` is the CPU's fast path, `cuda` the GPU's.
"""

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shared.domain.fingerprint import Pooling

#: An upright RGB picture, uint8 (224, 224, 3).
Pixels: TypeAlias = NDArray[np.uint8]
#: Unnormalised descriptors, float32 (n, 512).
Descriptors: TypeAlias = NDArray[np.float32]
#: Loads want images per second, queries want the next one soon.
Workload: TypeAlias = Literal["loads", "queries"]


class Runtime(Protocol):
    """A loaded network. `forward` may be called by `streams` threads at once."""

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
