"""VGG16 in int8: thirteen numbers beside a weight file, the largest value that enters each layer.

Kernels are quantized symmetrically, one scale for each filter; what enters a layer has one scale,
from 0 to the largest value that calibration saw there (Jacob et al., Quantization and Training of
Neural Networks for Efficient Integer-Arithmetic-Only Inference, arXiv:1712.05877, section 2). The
first layer stays in floats: it is half a percent of the arithmetic, and its rounding reaches every
layer after it.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encoder_worker.errors import StartupError
from encoder_worker.model.vgg16 import Convolution, Weights, kernel_shapes
from encoder_worker.model.weights import file_sha256

#: The largest value of a symmetric int8 kernel, and the steps of an unsigned activation.
_KERNEL_STEPS = 127
LEVELS = 256


def ranges_path(weights: Path) -> Path:
    """Where the calibration of a weight file lies: `vgg16.int8.json` beside `vgg16.safetensors`."""
    return weights.with_suffix(".int8.json")


def is_calibrated(weights: Weights) -> bool:
    """Whether these weights have a calibration that int8 can be made from."""
    return weights.path is not None and ranges_path(weights.path).is_file()


def read_ranges(weights: Weights) -> tuple[float, ...]:
    """The largest value that enters each of the 13 convolutions. Raises StartupError."""
    if weights.path is None or not is_calibrated(weights):
        raise StartupError(
            f"The weights {weights.name} are not calibrated for int8. Set LOOKALIKE_PRECISION to "
            "`auto`, or calibrate their file (`make calibrate`, see the README)."
        )
    path = ranges_path(weights.path)
    try:
        content = json.loads(path.read_bytes())
        ranges = tuple(float(value) for value in content["ranges"])
        made_for = content["weights"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StartupError(f"The calibration {path} cannot be read: {error!r}.") from error
    if made_for != file_sha256(weights.path):
        raise StartupError(
            f"The calibration {path} was made for another weight file than {weights.path.name}. "
            "Calibrate it anew, or remove the calibration."
        )
    if len(ranges) != len(kernel_shapes()) or not all(0 < value < np.inf for value in ranges):
        raise StartupError(f"The calibration {path} does not hold 13 positive ranges.")
    return ranges


def write_ranges(weights: Path, ranges: Sequence[float]) -> Path:
    """Keep the calibration of a weight file beside it, and return where."""
    path = ranges_path(weights)
    content = {"weights": file_sha256(weights), "ranges": list(ranges)}
    path.write_text(json.dumps(content, indent=2) + "\n")
    return path


def quantize_kernel(
    layer: Convolution,
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A kernel as int8 (out, in, 3, 3) and the scale of each filter, float32 (out, 1, 1, 1)."""
    largest = np.abs(layer.kernel).max((1, 2, 3), keepdims=True)
    scales = np.where(largest > 0, largest / _KERNEL_STEPS, 1).astype(np.float32)
    return np.round(layer.kernel / scales).astype(np.int8), scales
