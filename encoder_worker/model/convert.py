"""Write a VGG16's convolutions as float16 safetensors that say how they want their pixels.

python -m encoder_worker.model.convert SOURCE TARGET [--input oxford|torchvision]
"""

import argparse
from pathlib import Path
from typing import get_args

import numpy as np
from safetensors.numpy import save_file

from encoder_worker.errors import StartupError
from encoder_worker.model.state_dict import read_convolutions
from encoder_worker.model.vgg16 import feature_indexes
from encoder_worker.model.weights import INPUT_KEY, choose_input, file_sha256
from shared.settings import WeightsInput


def convert(source: Path, target: Path, asked: WeightsInput | None) -> str:
    """Write `target` and return its SHA-256. The same source makes the same bytes.

    Raises StartupError where `source` is no VGG16, or neither it nor `asked` says its input.
    """
    chosen = choose_input(source, file_sha256(source), asked)
    tensors = {}
    for index, layer in zip(feature_indexes(), read_convolutions(source), strict=True):
        for name, array in (("weight", layer.kernel), ("bias", layer.bias)):
            half = array.astype(np.float16)
            if not np.isfinite(half).all():
                raise StartupError(f"In {source}, {index}.{name} exceeds what float16 can hold.")
            tensors[f"features.{index}.{name}"] = half
    # One entry alone: the library writes several in no fixed order.
    save_file(tensors, target, metadata={INPUT_KEY: chosen})
    return file_sha256(target)


def main() -> None:
    """Convert the file that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m encoder_worker.model.convert")
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--input", choices=get_args(WeightsInput))
    options = parser.parse_args()
    try:
        digest = convert(options.source, options.target, options.input)
    except StartupError as error:
        raise SystemExit(str(error)) from error
    print(f"{digest}  {options.target}")  # noqa: T201 - asked for


if __name__ == "__main__":
    main()
