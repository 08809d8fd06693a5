"""Weight files of a VGG16 whose tensors each repeat one number, which is quick to write."""

from pathlib import Path
from typing import Any

import torch
from safetensors.numpy import save_file

from encoder_worker.model.vgg16 import feature_indexes, kernel_shapes


def state_dict(prefix: str = "") -> dict[str, torch.Tensor]:
    """A VGG16's tensors, each one number seen many times, so that its file is small."""
    state = {}
    for number, (index, shape) in enumerate(zip(feature_indexes(), kernel_shapes(), strict=True)):
        state[f"{prefix}{index}.weight"] = torch.tensor([float(number + 1)]).expand(shape)
        state[f"{prefix}{index}.bias"] = torch.tensor([-float(number)]).expand(shape[:1])
    return state


def save(path: Path, state: Any) -> Path:
    torch.save(state, path)
    return path


def safetensors(path: Path, metadata: dict[str, str] | None = None) -> Path:
    tensors = {key: tensor.numpy().copy() for key, tensor in state_dict("features.").items()}
    save_file(tensors, path, metadata=metadata)
    return path
