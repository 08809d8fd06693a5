"""Reading a .pth file: the one place that loads torch for weights' sake."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import torch

from encoder_worker.errors import StartupError
from encoder_worker.model.vgg16 import LAYERS, Convolution, kernel_shapes


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


def read_state_dict(path: Path) -> tuple[Convolution, ...]:
    """The 13 convolutions in a state dict of torchvision's vgg16 or of its features.

    Only tensors are read; a file that holds code is refused. Raises StartupError.
    """
    state = _load(path)
    prefix = "features." if any(key.startswith("features.") for key in state) else ""
    layers = []
    for index, shape in zip(feature_indexes(), kernel_shapes(), strict=True):
        kernel = _tensor(state, f"{prefix}{index}.weight", shape, path)
        bias = _tensor(state, f"{prefix}{index}.bias", shape[:1], path)
        layers.append(Convolution(kernel=kernel, bias=bias))
    return tuple(layers)


def _load(path: Path) -> dict[str, Any]:
    try:
        # Mapped, not read: two thirds of a whole vgg16 file are a classifier nobody needs here.
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except RuntimeError:
        # Files of torch before 1.6, the published Oxford weights among them, cannot be mapped.
        state = _load_whole(path)
    except (pickle.UnpicklingError, EOFError, OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not isinstance(state, dict):
        raise StartupError(f"{path} holds no state dict but a {type(state).__name__}. {_REMEDY}")
    return {str(key).removeprefix("module."): value for key, value in state.items()}


def _load_whole(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, EOFError, OSError, ValueError, RuntimeError) as error:
        raise _unreadable(path, error) from error


def _tensor(state: dict[str, Any], key: str, shape: tuple[int, ...], path: Path) -> Any:
    tensor = state.get(key)
    if not isinstance(tensor, torch.Tensor):
        raise StartupError(f"{path} has no tensor {key!r}: it is not of a VGG16. {_REMEDY}")
    if tuple(tensor.shape) != shape:
        raise StartupError(
            f"In {path}, {key!r} has the shape {tuple(tensor.shape)}, and a VGG16 without batch "
            f"normalisation has {shape}. {_REMEDY}"
        )
    array = tensor.to(torch.float32).numpy().copy()
    if not np.isfinite(array).all():
        raise StartupError(f"In {path}, {key!r} holds values that are not numbers. {_REMEDY}")
    return array


_REMEDY = "Save one with torch.save(torchvision.models.vgg16(...).state_dict(), path)."


def _unreadable(path: Path, error: Exception) -> StartupError:
    first_line = str(error).strip().splitlines()[:1] or [type(error).__name__]
    return StartupError(f"{path} cannot be read as tensors alone ({first_line[0]}). {_REMEDY}")
