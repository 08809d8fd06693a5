"""Reading weight files: .safetensors without torch, .pth state dicts where torch is installed."""

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from encoder_worker.errors import StartupError
from encoder_worker.model.vgg16 import Convolution, feature_indexes, kernel_shapes

#: What a wrapped state dict puts before the names of torchvision's `vgg16().features`.
_PREFIX = "features."
_REMEDY = "Save torchvision's vgg16().state_dict(), or its features', as .safetensors or .pth."


def read_metadata(path: Path) -> Mapping[str, str]:
    """The metadata of a .safetensors file; a .pth file has none. Raises StartupError."""
    if path.suffix != ".safetensors":
        return {}
    try:
        with safe_open(path, framework="numpy") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise _unreadable(path, error) from error


def read_convolutions(path: Path) -> tuple[Convolution, ...]:
    """The 13 convolutions in a VGG16's file, float32, whatever float the file holds.

    Only tensors are read; a file that holds code is refused. Raises StartupError.
    """
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    return _convolutions(path, _read_state_dict(path))


def _read_safetensors(path: Path) -> tuple[Convolution, ...]:
    try:
        with safe_open(path, framework="numpy") as file:
            # One tensor at a time: a whole vgg16 file is two thirds a classifier.
            tensors = {_plain_name(key): _reader(file, key) for key in file.keys()}  # noqa: SIM118
            return _convolutions(path, tensors)
    except (SafetensorError, OSError, TypeError) as error:
        raise _unreadable(path, error) from error


def _reader(file: Any, key: str) -> Callable[[], NDArray[Any]]:
    return lambda: file.get_tensor(key)


def _read_state_dict(path: Path) -> dict[str, Callable[[], NDArray[Any]]]:
    try:
        import torch
    except ModuleNotFoundError as error:
        raise StartupError(
            f"{path} is read by torch, which is not installed where there is no GPU. Convert it "
            "where torch is (`make convert-weights`, see the README), or install torch here."
        ) from error
    try:
        # Mapped, not read: two thirds of a whole vgg16 file are a classifier nobody needs here.
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except RuntimeError:
        # Files of torch before 1.6, the published Oxford weights among them, cannot be mapped.
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except (pickle.UnpicklingError, EOFError, OSError, ValueError, RuntimeError) as error:
            raise _unreadable(path, error) from error
    except (pickle.UnpicklingError, EOFError, OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not isinstance(state, dict):
        raise StartupError(f"{path} holds no state dict but a {type(state).__name__}. {_REMEDY}")

    def reader(tensor: torch.Tensor) -> Callable[[], NDArray[Any]]:
        return lambda: tensor.to(torch.float32).numpy()

    return {
        _plain_name(str(key)): reader(value)
        for key, value in state.items()
        if isinstance(value, torch.Tensor)
    }


def _plain_name(key: str) -> str:
    return key.removeprefix("module.").removeprefix(_PREFIX)


def _convolutions(
    path: Path, tensors: Mapping[str, Callable[[], NDArray[Any]]]
) -> tuple[Convolution, ...]:
    layers = []
    for index, shape in zip(feature_indexes(), kernel_shapes(), strict=True):
        kernel = _tensor(path, tensors, f"{index}.weight", shape)
        bias = _tensor(path, tensors, f"{index}.bias", shape[:1])
        layers.append(Convolution(kernel=kernel, bias=bias))
    return tuple(layers)


def _tensor(
    path: Path,
    tensors: Mapping[str, Callable[[], NDArray[Any]]],
    key: str,
    shape: tuple[int, ...],
) -> NDArray[np.float32]:
    if key not in tensors:
        raise StartupError(f"{path} has no tensor {key!r}: it is not of a VGG16. {_REMEDY}")
    array = np.array(tensors[key](), np.float32)
    if array.shape != shape:
        raise StartupError(
            f"In {path}, {key!r} has the shape {array.shape}, and a VGG16 without batch "
            f"normalisation has {shape}. {_REMEDY}"
        )
    if not np.isfinite(array).all():
        raise StartupError(f"In {path}, {key!r} holds values that are not numbers. {_REMEDY}")
    return array


def _unreadable(path: Path, error: Exception) -> StartupError:
    first_line = str(error).strip().splitlines()[:1] or [type(error).__name__]
    return StartupError(f"{path} cannot be read as tensors alone ({first_line[0]}). {_REMEDY}")
