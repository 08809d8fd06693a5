"""VGG16's convolutional part: its layers, its input, its weights as plain arrays.

Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition,
arXiv:1409.1556, table 1, column D. Torchvision's `vgg16().features` is the same network and the
reference that every runtime is tested against.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

#: Height and width of the input, in pixels: the whole picture is stretched to this square.
SIDE = 224
#: Height and width of the last feature map.
MAP_SIDE = 7
CHANNELS = 512

#: Filters of each 3x3 convolution (stride 1, zero padding 1, then ReLU); "pool" is a 2x2 maximum.
LAYERS: tuple[int | Literal["pool"], ...] = (
    *(64, 64, "pool", 128, 128, "pool", 256, 256, 256, "pool"),
    *(512, 512, 512, "pool", 512, 512, 512, "pool"),
)

#: The ImageNet mean and deviation that torchvision's own training recipes use, scaled to 0-255.
TORCHVISION_MEAN = (0.485 * 255, 0.456 * 255, 0.406 * 255)
TORCHVISION_DEVIATION = (0.229 * 255, 0.224 * 255, 0.225 * 255)
#: The means that the original Oxford weights were trained with (0-255, not divided by anything).
OXFORD_MEAN = (0.48235 * 255, 0.45882 * 255, 0.40784 * 255)
OXFORD_DEVIATION = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Convolution:
    """`kernel` (out, in, 3, 3) and `bias` (out,), both float32."""

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """One set of weights. `name` goes into the fingerprint and so must name them exactly.

    A pixel enters the network as (value - mean) / deviation, RGB, value 0-255. `load` reads the
    13 convolutions, first to last. `path` is the file that they come from, if any.
    """

    name: str
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    load: Callable[[], tuple[Convolution, ...]]
    path: Path | None = None


def kernel_shapes() -> tuple[tuple[int, int, int, int], ...]:
    """The shape (out, in, 3, 3) of each convolution's kernel, first to last."""
    filters = [layer for layer in LAYERS if layer != "pool"]
    return tuple((out, before, 3, 3) for before, out in pairwise([3, *filters]))


def feature_indexes() -> tuple[int, ...]:
    """Where the convolutions stand in torchvision's `vgg16().features` (0, 2, 5, … 28)."""
    indexes = []
    position = 0
    for layer in LAYERS:
        if layer == "pool":
            position += 1
        else:
            indexes.append(position)
            position += 2  # the convolution and its ReLU
    return tuple(indexes)


def untrained() -> Weights:
    """Weights drawn from a fixed seed, bit for bit the same on every machine.

    Kaiming's uniform initialisation (He et al., arXiv:1502.01852) keeps the signal alive through
    13 layers. From the second layer on each kernel is shifted to sum to zero: activations after
    ReLU are positive, and without the shift their common part drowns the rest, so that any two
    pictures come out at a cosine above 0.99.
    """
    layers = tuple(_draw(index, shape) for index, shape in enumerate(kernel_shapes()))
    digest = hashlib.sha256()
    for layer in layers:
        digest.update(layer.kernel.astype("<f4").tobytes())
    return Weights(
        name=f"untrained-{digest.hexdigest()[:8]}",
        mean=TORCHVISION_MEAN,
        deviation=TORCHVISION_DEVIATION,
        load=lambda: layers,
    )


def _draw(index: int, shape: tuple[int, int, int, int]) -> Convolution:
    # SHAKE-128 and whole numbers up to the last division: no library's random generator and no
    # order of summation has a say in the result.
    out, *rest = shape
    fan_in = int(np.prod(rest))
    seed = f"lookalike vgg16 layer {index}".encode()
    raw = hashlib.shake_128(seed).digest(2 * out * fan_in)
    drawn = np.frombuffer(raw, "<i2").astype(np.int64).reshape(out, fan_in)
    centred = drawn * fan_in
    if index > 0:
        centred -= drawn.sum(axis=1, keepdims=True)
    bound = np.sqrt(6.0 / fan_in)
    kernel = centred * (bound / (2**15 * fan_in))
    return Convolution(
        kernel=kernel.astype(np.float32).reshape(shape), bias=np.zeros(out, np.float32)
    )
