"""Calibrate a weight file for int8: which values enter each layer, and what rounding shifts.

python -m encoder_worker.encode.calibration WEIGHTS IMAGES [--input oxford|torchvision]
"""

import argparse
import itertools
import os
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from encoder_worker.decode.decoder import decode
from encoder_worker.encode.openvino_network import build_network
from encoder_worker.encode.quantization import Calibration, split_by_filters, write_calibration
from encoder_worker.errors import StartupError
from encoder_worker.model.vgg16 import Weights
from encoder_worker.model.weights import find_weights
from shared.errors import PictureError
from shared.settings import Settings, WeightsInput

#: About as many as OpenVINO advises (https://docs.openvino.ai, "Basic Quantization Flow").
SAMPLES = 300
#: Enough for a mean; each is encoded once for every layer.
_CORRECTION_SAMPLES = 100
#: Pictures taken from one folder, so that the first one does not speak for all.
_PER_FOLDER = 100


def calibrate(weights: Weights, pictures: Sequence[NDArray[np.uint8]]) -> Calibration:
    """Which values enter each convolution, and what rounding adds to the mean of its filters.

    A picture is uint8 (224, 224, 3). The layers' means are corrected one after another, each on
    top of the corrected ones before it, over the first `_CORRECTION_SAMPLES` pictures.
    """
    largest, means = [], []
    for ranges, mean in _statistics(build_network(weights, with_statistics=True), pictures):
        largest.append(ranges)
        means.append(mean)
    samples = pictures[:_CORRECTION_SAMPLES]
    wanted = split_by_filters(np.mean(means[:_CORRECTION_SAMPLES], axis=0))
    found = Calibration(np.max(largest, axis=0), tuple(map(np.zeros_like, wanted)))
    # The first layer is not rounded.
    for layer in range(1, len(wanted)):
        rounded = build_network(weights, found, with_statistics=True)
        mean = np.mean([mean for _, mean in _statistics(rounded, samples)], axis=0)
        corrections = list(found.corrections)
        corrections[layer] = wanted[layer] - split_by_filters(mean)[layer]
        found = replace(found, corrections=tuple(corrections))
    return found


def _statistics(
    network: ov.Model, pictures: Iterable[NDArray[np.uint8]]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    compiled = ov.Core().compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    for pixels in pictures:
        result = compiled(np.ascontiguousarray(pixels)[None])
        yield result[1].copy(), result[2].copy()


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
    except StartupError as error:
        raise SystemExit(str(error)) from error
    pictures = list(sample_pictures(options.images, settings.max_pixels))
    if not pictures:
        raise SystemExit(f"No picture under {options.images} can be read.")
    calibration = calibrate(weights, pictures)
    print(write_calibration(options.weights.resolve(), calibration))  # noqa: T201 - asked for


if __name__ == "__main__":
    main()
