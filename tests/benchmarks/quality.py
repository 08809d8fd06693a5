"""Quality: how many of a photo's ten nearest bear its label, for each pooling."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from encoder_worker.decode import decode
from encoder_worker.encoder import normalise
from encoder_worker.pooling import pool
from encoder_worker.runtimes.openvino import build_model
from encoder_worker.weights import find_weights
from shared.settings import Pooling, Settings
from tests.benchmarks.report import Report

_NEAREST = 10
_BATCH = 8


def measure(photos: list[Path], settings: Settings) -> Report:
    """P@10 with the label of a photo's folder; `photos` are searched against each other."""
    weights = find_weights(settings)
    labels = np.array([path.parent.name for path in photos])
    context = {"weights": weights.name, "photos": str(len(photos)), "precision": "float32"}
    report = Report("P@10 by folder label (the photo itself left out)", context)
    report.add("chance", [_chance(labels)], "P@10")
    compiled = ov.Core().compile_model(
        build_model(weights), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    poolings: tuple[Pooling, ...] = get_args(Pooling)
    found: dict[Pooling, list[NDArray[np.float32]]] = {pooling: [] for pooling in poolings}
    for pictures in _decoded(photos, settings.max_pixels):
        maps = compiled(pictures)[0]
        for pooling in poolings:
            found[pooling].append(normalise(pool(maps, pooling, np)))
    for pooling in poolings:
        precision = precision_at(np.concatenate(found[pooling]), labels, _NEAREST)
        report.add(pooling, [precision], "P@10", "chance")
    return report


def precision_at(vectors: NDArray[np.float32], labels: NDArray[np.str_], count: int) -> float:
    """The mean share of equal labels among each unit vector's `count` nearest others."""
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    nearest = np.argsort(-scores, axis=1)[:, :count]
    return float((labels[nearest] == labels[:, None]).mean())


def _chance(labels: NDArray[np.str_]) -> float:
    """What picking at random would score."""
    _, sizes = np.unique(labels, return_counts=True)
    return float((sizes * (sizes - 1)).sum() / (len(labels) * (len(labels) - 1)))


def _decoded(photos: list[Path], max_pixels: int) -> Iterator[NDArray[np.uint8]]:
    for first in range(0, len(photos), _BATCH):
        batch = photos[first : first + _BATCH]
        yield np.stack([decode(path.read_bytes(), max_pixels).pixels for path in batch])
