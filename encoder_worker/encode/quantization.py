"""VGG16 in int8: what calibration found, kept beside a weight file.

Kernels are quantized symmetrically, one scale for each filter; what enters a layer has one scale,
from 0 to the largest value that calibration saw there (Jacob et al., Quantization and Training of
Neural Networks for Efficient Integer-Arithmetic-Only Inference, arXiv:1712.05877, section 2). The
first layer stays in floats: it is half a percent of the arithmetic, and its rounding reaches every
layer after it. Rounded kernels shift the mean of what a filter gives; the bias takes that back
(Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction,
arXiv:1906.04721, section 4.2, measured on photos).
"""

import platform
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from encoder_worker.errors import StartupError
from encoder_worker.model.vgg16 import Convolution, Weights, kernel_shapes
from encoder_worker.model.weights import file_sha256

#: The largest value of a symmetric int8 kernel, and the steps of an unsigned activation.
_KERNEL_STEPS = 127
LEVELS = 256
#: Filters of each convolution.
_FILTERS = tuple(out for out, *_ in kernel_shapes())
_WEIGHTS_KEY = "weights"
#: Instructions that multiply int8 at twice the rate of bfloat16 or more; without them int8 gains
#: little (Intel 64 Architectures Manual, VNNI and AMX; as Linux names them).
_INT8_FLAGS = frozenset({"avx_vnni", "avx512_vnni", "amx_int8"})
_CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Calibration:
    """What int8 needs to know of the 13 convolutions, first to last.

    `ranges`: the largest value that enters each, float32 (13,). `corrections`: what is added to
    each bias, float32 (out,) for each.
    """

    ranges: NDArray[np.float32]
    corrections: tuple[NDArray[np.float32], ...]


def split_by_filters(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """One value for each filter of all layers, float32 (4224,), layer by layer."""
    return tuple(np.split(values, np.cumsum(_FILTERS)[:-1]))


def calibration_path(weights: Path) -> Path:
    """Where the calibration of a weight file lies: beside it, `.int8` before its suffix."""
    return weights.with_suffix(".int8.safetensors")


def is_calibrated(weights: Weights) -> bool:
    """Whether these weights have a calibration that int8 can be made from."""
    return weights.path is not None and calibration_path(weights.path).is_file()


def read_calibration(weights: Weights) -> Calibration:
    """The calibration beside a weight file. Raises StartupError."""
    if weights.path is None or not is_calibrated(weights):
        raise StartupError(
            f"The weights {weights.name} are not calibrated for int8. Set LOOKALIKE_PRECISION to "
            "`bfloat16` or `float32`, or calibrate their file (`make calibrate`, see the README)."
        )
    path = calibration_path(weights.path)
    try:
        with safe_open(path, "numpy") as file:
            made_for = (file.metadata() or {}).get(_WEIGHTS_KEY)
            ranges, corrections = file.get_tensor("ranges"), file.get_tensor("corrections")
    except (OSError, SafetensorError) as error:
        raise StartupError(f"The calibration {path} cannot be read: {error}") from error
    if made_for != file_sha256(weights.path):
        raise StartupError(
            f"The calibration {path} was made for another weight file than {weights.path.name}. "
            "Calibrate it anew, or remove the calibration."
        )
    if not _is_sound(ranges, corrections):
        raise StartupError(
            f"The calibration {path} does not hold 13 positive ranges and {sum(_FILTERS)} finite "
            "corrections. Calibrate the weight file anew."
        )
    return Calibration(ranges, split_by_filters(corrections))


def write_calibration(weights: Path, calibration: Calibration) -> Path:
    """Keep the calibration of a weight file beside it, and return where."""
    path = calibration_path(weights)
    tensors = {
        "ranges": calibration.ranges,
        "corrections": np.concatenate(calibration.corrections),
    }
    save_file(tensors, path, metadata={_WEIGHTS_KEY: file_sha256(weights)})
    path.chmod(0o644)  # as other files: an encoder may run as another user
    return path


def _is_sound(ranges: NDArray[np.float32], corrections: NDArray[np.float32]) -> bool:
    shapes = (ranges.shape, corrections.shape) == ((len(_FILTERS),), (sum(_FILTERS),))
    positive = bool((np.isfinite(ranges) & (ranges > 0)).all())
    return shapes and positive and bool(np.isfinite(corrections).all())


def quantize_kernel(
    layer: Convolution,
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A kernel as int8 (out, in, 3, 3) and the scale of each filter, float32 (out, 1, 1, 1)."""
    largest = np.abs(layer.kernel).max((1, 2, 3), keepdims=True)
    scales = np.where(largest > 0, largest / _KERNEL_STEPS, 1).astype(np.float32)
    return np.round(layer.kernel / scales).astype(np.int8), scales


def has_fast_int8(cpuinfo: Path = _CPUINFO) -> bool:
    """Whether the processor multiplies int8 faster than bfloat16 (VNNI or AMX, on Linux)."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return False
    try:
        text = cpuinfo.read_text()
    except OSError:
        return False
    flags = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    return flags is not None and not _INT8_FLAGS.isdisjoint(flags[1].split())
