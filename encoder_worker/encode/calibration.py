"""Calibrate a weight file for int8: see which values enter each layer, keep the largest.

python -m encoder_worker.encode.calibration WEIGHTS IMAGES [--input oxford|torchvision]
"""

import argparse
import itertools
import os
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from encoder_worker.decode.decoder import decode
from encoder_worker.encode.openvino_network import build_network
from encoder_worker.encode.quantization import write_ranges
from encoder_worker.errors import StartupError
from encoder_worker.model.vgg16 import Weights, kernel_shapes
from encoder_worker.model.weights import find_weights
from shared.errors import PictureError
from shared.settings import Settings, WeightsInput

#: About as many as OpenVINO advises (https://docs.openvino.ai, "Basic Quantization Flow").
SAMPLES = 300
#: Pictures taken from one folder, so that the first one does not speak for all.
_PER_FOLDER = 100


def find_ranges(weights: Weights, pictures: Iterable[NDArray[np.uint8]]) -> tuple[float, ...]:
    """The largest value that enters each of the 13 convolutions over `pictures`.

    A picture is uint8 (224, 224, 3). All zero where there is none.
    """
    network = ov.Core().compile_model(
        build_network(weights, with_inputs=True), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    largest = np.zeros(len(kernel_shapes()), np.float32)
    for pixels in pictures:
        largest = np.maximum(largest, network(np.ascontiguousarray(pixels)[None])[1])
    return tuple(largest.tolist())


def sample_pictures(folder: Path, max_pixels: int) -> Iterator[NDArray[np.uint8]]:
    """Up to `SAMPLES` pictures from under `folder`, uint8 (224, 224, 3); unsound ones left out."""
    return itertools.islice(_decoded(folder, max_pixels), SAMPLES)


def _decoded(folder: Path, max_pixels: int) -> Iterator[NDArray[np.uint8]]:
    dice = random.Random(0)  # noqa: S311 - a sample, not a secret
    for parent, folders, names in os.walk(folder):
        folders.sort()
        dice.shuffle(folders)
        chosen = sorted(names)
        dice.shuffle(chosen)
        paths = (Path(parent, name) for name in chosen)
        yield from itertools.islice(_sound(paths, max_pixels), _PER_FOLDER)


def _sound(paths: Iterable[Path], max_pixels: int) -> Iterator[NDArray[np.uint8]]:
    for path in paths:
        try:
            pixels = decode(path.read_bytes(), max_pixels).pixels
        except (PictureError, OSError):
            continue
        yield pixels


def main() -> None:
    """Calibrate the file that the command line names, on the pictures of a folder."""
    parser = argparse.ArgumentParser(prog="python -m encoder_worker.encode.calibration")
    parser.add_argument("weights", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--input", choices=get_args(WeightsInput))
    options = parser.parse_args()
    settings = Settings(weights=str(options.weights.resolve()), weights_input=options.input)
    try:
        weights = find_weights(settings)
        ranges = find_ranges(weights, sample_pictures(options.images, settings.max_pixels))
    except StartupError as error:
        raise SystemExit(str(error)) from error
    if not any(ranges):
        raise SystemExit(f"No picture under {options.images} can be read.")
    print(write_ranges(options.weights.resolve(), ranges))  # noqa: T201 - asked for


if __name__ == "__main__":
    main()
