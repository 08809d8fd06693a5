"""Quality beside speed: what poolings find, and what faster paths change of it."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_args
from unittest.mock import patch

import numpy as np
import torch
from numpy.typing import NDArray

from encoder_worker.decode import decoder as decoding
from encoder_worker.decode.batch import decode_in_threads
from encoder_worker.decode.decoder import Picture
from encoder_worker.decode.gpu import CudaJpegDecoder
from encoder_worker.encode.encoder import Encoder, normalise
from encoder_worker.encode.openvino import OpenVinoRuntime
from encoder_worker.encode.runtime import Runtime
from encoder_worker.encode.torch import TorchRuntime, VggFeatures
from encoder_worker.model.pooling import pool
from encoder_worker.model.vgg16 import Weights
from encoder_worker.model.weights import find_weights
from shared.domain.fingerprint import Pooling
from shared.settings import Settings
from tests.benchmarks.encoder import PRECISIONS
from tests.benchmarks.report import Report

_NEAREST = 10
_BATCH = 8
_POOLINGS: tuple[Pooling, ...] = get_args(Pooling)
#: No JPEG is that many times larger than the network's square: none is decoded at a fraction.
_NEVER = 1_000_000

Vectors = NDArray[np.float32]
Squares = Sequence[NDArray[np.uint8]]


def measure(photos: list[Path], settings: Settings) -> Report:
    """Each path's vectors beside those of torch's float32 on fully decoded pictures.

    P@10 is the share of a photo's ten nearest others that bear its folder's label.
    """
    weights = find_weights(settings)
    labels = np.array([path.parent.name for path in photos])
    files = [path.read_bytes() for path in photos]
    full, scaled, other = _decoded(files, settings)
    context = {
        "weights": weights.name,
        "photos": str(len(photos)),
        "default": "scaled decoding, bfloat16 where the processor has it",
    }
    report = Report("Quality (a photo itself left out of its hits)", context)
    report.add("P@10, by chance", [_chance(labels)], "P@10")
    reference = _reference(weights, full)
    for pooling in _POOLINGS:
        name = f"P@10, torch float32, {pooling}"
        report.add(name, [precision_at(reference[pooling], labels)], "P@10", "P@10, by chance")
    paths: dict[str, tuple[Callable[[], Runtime], Squares]] = {
        "torch float32, scaled decoding": (lambda: _torch(weights, settings), scaled),
        "torch float32, TorchCodec": (lambda: _torch(weights, settings), other),
    }
    for precision in PRECISIONS:
        paths[f"openvino {precision}, scaled decoding"] = (
            _openvino(weights, settings, precision),
            scaled,
        )
    for name, (runtime, squares) in paths.items():
        found = _vectors(runtime(), squares)
        _compare(report, name, found, reference["avg"], labels)
    return report


def precision_at(vectors: Vectors, labels: NDArray[np.str_]) -> float:
    """The mean share of equal labels among each unit vector's nearest others."""
    return float((labels[_nearest(vectors)] == labels[:, None]).mean())


def _compare(
    report: Report, name: str, found: Vectors, reference: Vectors, labels: NDArray[np.str_]
) -> None:
    cosines = (found * reference).sum(axis=1)
    pairs = zip(_nearest(found), _nearest(reference), strict=True)
    overlaps = [len(set(one) & set(two)) / _NEAREST for one, two in pairs]
    report.add(f"{name}: mean cosine", [float(cosines.mean())], "cosine")
    report.add(f"{name}: worst cosine", [float(cosines.min())], "cosine")
    report.add(f"{name}: top-10 overlap", [float(np.mean(overlaps))], "share")
    report.add(f"{name}: P@10", [precision_at(found, labels)], "P@10", "P@10, torch float32, avg")


def _nearest(vectors: Vectors) -> NDArray[np.int64]:
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    nearest: NDArray[np.int64] = np.argsort(-scores, axis=1, kind="stable")[:, :_NEAREST]
    return nearest


def _chance(labels: NDArray[np.str_]) -> float:
    """What picking at random would score."""
    _, sizes = np.unique(labels, return_counts=True)
    return float((sizes * (sizes - 1)).sum() / (len(labels) * (len(labels) - 1)))


def _decoded(files: Sequence[bytes], settings: Settings) -> tuple[Squares, Squares, Squares]:
    """The pictures decoded in full, as loads decode them, and as a GPU's decoder would."""
    with ThreadPoolExecutor(2) as threads:
        host = decode_in_threads(threads, settings.max_pixels)
        scaled = host(files)
        with patch.object(decoding, "_DRAFT_MARGIN", _NEVER):
            full = host(files)
        other = CudaJpegDecoder(host, torch.device("cpu"), settings.max_pixels)(files)
    return _squares(full), _squares(scaled), _squares(other)


def _squares(results: Sequence[object]) -> Squares:
    pictures = [result for result in results if isinstance(result, Picture)]
    if len(pictures) != len(results):
        raise RuntimeError("some of the pictures cannot be decoded; the figures would mislead")
    return [picture.pixels for picture in pictures]


def _torch(weights: Weights, settings: Settings) -> TorchRuntime:
    return TorchRuntime(weights, settings.model_copy(update={"precision": "auto"}), "cpu")


def _openvino(weights: Weights, settings: Settings, precision: str) -> Callable[[], Runtime]:
    asked = settings.model_copy(update={"precision": precision})
    return lambda: OpenVinoRuntime(weights, asked, "loads")


def _reference(weights: Weights, squares: Squares) -> dict[Pooling, Vectors]:
    """Every pooling of torch's float32 feature maps, each map computed once."""
    network = VggFeatures(weights)
    found: dict[Pooling, list[Vectors]] = {pooling: [] for pooling in _POOLINGS}
    with torch.inference_mode():
        for first in range(0, len(squares), _BATCH):
            maps = network(torch.from_numpy(np.stack(squares[first : first + _BATCH])))
            for pooling in _POOLINGS:
                found[pooling].append(normalise(pool(maps, pooling, torch).numpy()))
    return {pooling: np.concatenate(parts) for pooling, parts in found.items()}


def _vectors(runtime: Runtime, squares: Squares) -> Vectors:
    encoder = Encoder(runtime)
    futures = [encoder.submit(square, "avg") for square in squares]
    found = np.stack([future.result().vector for future in futures])
    encoder.close()
    return found
