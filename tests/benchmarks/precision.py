"""What faster paths change, beside float32 on fully decoded pictures, and mixed with another."""

from collections.abc import Callable, Sequence
from unittest.mock import patch

import numpy as np
import torch
from numpy.typing import NDArray

from encoder_worker.decode.gpu import CudaJpegDecoder
from encoder_worker.encode.cuda import CudaNetwork, CudaRuntime, create_network
from encoder_worker.encode.encoder import Encoder
from encoder_worker.encode.openvino import OpenVinoRuntime
from encoder_worker.encode.runtime import Runtime
from encoder_worker.encode.torch import TorchRuntime
from encoder_worker.evaluation.measures import Vectors
from encoder_worker.model.vgg16 import Weights
from encoder_worker.model.weights import find_weights
from shared.pictures import square
from shared.pictures.square import Picture
from shared.settings import Settings
from tests.benchmarks.encoder import known_precisions
from tests.benchmarks.report import Report
from tests.benchmarks.truth import NEAREST, Truth, nearest, score
from tests.decoding import decode_here

#: No JPEG is that many times larger than the network's square: none is decoded at a fraction.
_NEVER = 1_000_000
_REFERENCE = "torch float32, full decoding"

Squares = Sequence[NDArray[np.uint8]]


def measure(truth: Truth, settings: Settings) -> Report:
    """Cosines, overlap and every score of each path, in the settings' pooling."""
    weights = find_weights(settings)
    context = {"weights": weights.name, "pooling": settings.pooling}
    context |= {"photos": str(len(truth.classes)), "copies": str(len(truth.originals))}
    report = Report("Faster paths beside float32", context)
    full, scaled, other = _decoded(truth.files, settings)
    reference = _vectors(_torch(weights, settings), full, settings)
    _add_scores(report, _REFERENCE, score(truth, reference), None)
    found: dict[str, Vectors] = {}
    for name, (runtime, squares) in _paths(weights, settings, scaled, other).items():
        found[name] = _vectors(runtime(), squares, settings)
        _compare(report, name, truth, found[name], reference)
    for rows, queries in (("bfloat16", "int8"), ("int8", "bfloat16")):
        pair = (f"openvino {rows}", f"openvino {queries}")
        if all(name in found for name in pair):
            name = f"{queries} queries, {rows} rows"
            _mixed(report, name, truth, found[pair[0]], found[pair[1]])
    return report


def _paths(
    weights: Weights, settings: Settings, scaled: Squares, other: Squares
) -> dict[str, tuple[Callable[[], Runtime], Squares]]:
    paths: dict[str, tuple[Callable[[], Runtime], Squares]] = {
        "torch float32, TorchCodec": (lambda: _torch(weights, settings), other)
    }

    def openvino(precision: str) -> Callable[[], Runtime]:
        asked = settings.model_copy(update={"precision": precision})
        return lambda: OpenVinoRuntime(weights, asked, "loads")

    for precision in known_precisions():
        paths[f"openvino {precision}"] = (openvino(precision), scaled)
    if torch.cuda.is_available():
        paths["cuda float16"] = (lambda: _cuda(weights, "float16"), scaled)
        paths["cuda bfloat16"] = (lambda: _cuda(weights, "bfloat16"), scaled)
    return paths


def _compare(report: Report, name: str, truth: Truth, found: Vectors, reference: Vectors) -> None:
    cosines = (found * reference).sum(axis=1)
    report.add(f"{name}: mean cosine", [float(cosines.mean())], "cosine")
    report.add(f"{name}: worst cosine", [float(cosines.min())], "cosine")
    photos, wanted = truth.parts(found)[0], truth.parts(reference)[0]
    pairs = zip(nearest(photos, photos), nearest(wanted, wanted), strict=True)
    overlaps = [len(set(one) & set(two)) / NEAREST for one, two in pairs]
    report.add(f"{name}: top-10 overlap", [float(np.mean(overlaps))], "share")
    _add_scores(report, name, score(truth, found), _REFERENCE)


def _mixed(report: Report, name: str, truth: Truth, rows: Vectors, queries: Vectors) -> None:
    stored, asked = truth.parts(rows)[0], truth.parts(queries)[0]
    itself = (asked @ stored.T).argmax(axis=1) == np.arange(len(stored))
    report.add(f"{name}: the photo itself first", [float(itself.mean())], "share")
    _add_scores(report, name, score(truth, rows, queries), _REFERENCE)


def _add_scores(report: Report, name: str, scores: dict[str, float], reference: str | None) -> None:
    for what, value in scores.items():
        compared = f"{reference}: {what}" if reference else None
        report.add(f"{name}: {what}", [value], "share", compared)


def _decoded(files: Sequence[bytes], settings: Settings) -> tuple[Squares, Squares, Squares]:
    """The pictures decoded in full, as loads decode them, and as a GPU's decoder would."""
    scaled = decode_here(files)
    with patch.object(square, "_DRAFT_MARGIN", _NEVER):
        full = decode_here(files)
    other = CudaJpegDecoder(decode_here, torch.device("cpu"), settings.max_pixels)(files)
    return _squares(full), _squares(scaled), _squares(other)


def _squares(results: Sequence[object]) -> Squares:
    pictures = [result for result in results if isinstance(result, Picture)]
    if len(pictures) != len(results):
        raise RuntimeError("some of the pictures cannot be decoded; the figures would mislead")
    return [picture.pixels for picture in pictures]


def _torch(weights: Weights, settings: Settings) -> TorchRuntime:
    return TorchRuntime(weights, settings.model_copy(update={"precision": "auto"}), "cpu")


def _cuda(weights: Weights, precision: str) -> CudaRuntime:
    device = torch.device("cuda")
    network = create_network(weights, precision).to(device)
    both = CudaNetwork(network, network, device, weights.name, precision)
    return CudaRuntime(both, batch=64, streams=1)


def _vectors(runtime: Runtime, squares: Squares, settings: Settings) -> Vectors:
    encoder = Encoder(runtime)
    futures = [encoder.submit(square, settings.pooling) for square in squares]
    found = np.stack([future.result().vector for future in futures])
    encoder.close()
    return found
