"""What each descriptor finds, by three kinds of truth, and what cheap variations change of it."""

from collections.abc import Sequence
from io import BytesIO
from typing import get_args

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from PIL import Image, ImageOps

from encoder_worker.decode.decoder import decode
from encoder_worker.encode.encoder import normalise
from encoder_worker.encode.openvino import choose_precision
from encoder_worker.encode.openvino_network import build_network
from encoder_worker.evaluation.measures import Vectors
from encoder_worker.model.pooling import pool
from encoder_worker.model.vgg16 import SIDE
from encoder_worker.model.weights import find_weights
from shared.domain.fingerprint import Pooling
from shared.settings import Settings
from tests.benchmarks import refinement
from tests.benchmarks.report import Report
from tests.benchmarks.truth import Truth, chance, recall_by_edit, score

_POOLINGS: tuple[Pooling, ...] = get_args(Pooling)
_GEM_POWERS = (2, 4, 5)
#: conv4_3, whose maps a second layer's descriptor is pooled from: the tenth ReLU.
_SECOND_LAYER = 9
_HINTS = {"float32": "f32", "bfloat16": "bf16"}
#: What a picture that keeps its shape is padded with: the mean of ImageNet.
_PADDING = (124, 117, 104)

Descriptors = dict[str, Vectors]


def measure(truth: Truth, settings: Settings, *, variants: bool) -> Report:
    """Every pooling, the default one refined, and with `variants` cheap variations of it."""
    weights = find_weights(settings)
    core = ov.Core()
    capabilities = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    precision = choose_precision("auto", capabilities)
    network = build_network(weights)
    relus = [op for op in network.get_ordered_ops() if op.get_type_name() == "Relu"]
    network.add_outputs([relus[_SECOND_LAYER].output(0)])
    network.reshape([1, SIDE, SIDE, 3])
    hints = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": _HINTS[precision]}
    encode = _Encode(core.compile_model(network, "CPU", hints))
    context = {
        "weights": weights.name,
        "precision": precision,
        "photos": str(len(truth.classes)),
        "scenes": str(len(set(truth.scenes))),
        "copies": str(len(truth.originals)),
    }
    report = Report("Quality of descriptors (a picture itself left out of its hits)", context)
    report.add("class P@10, by chance", [chance(truth.classes)], "share")
    stretched = encode([decode(file, settings.max_pixels).pixels for file in truth.files])
    for name in _POOLINGS:
        _add(report, name, truth, stretched[name])
        for edit, recall in recall_by_edit(truth, stretched[name]).items():
            report.add(f"{name}: {edit} R@1", [recall], "share")
    refinement.add(report, settings.pooling, truth, stretched[settings.pooling])
    if variants:
        for variant, vectors in _variants(truth, stretched, encode).items():
            _add(report, variant, truth, vectors)
    return report


def _variants(truth: Truth, stretched: Descriptors, encode: "_Encode") -> Descriptors:
    photos = len(truth.classes)
    found = {f"gem, power {power}": stretched[f"gem{power}"] for power in _GEM_POWERS}
    for name in ("gem", "rmac"):
        vectors = stretched[name]
        found[f"{name}, centred"] = normalise(vectors - vectors[:photos].mean(axis=0))
        found[f"{name}, square root"] = normalise(np.sqrt(np.maximum(vectors, 0)))
        both = np.concatenate([vectors, stretched["second"] / 2], axis=1)
        found[f"{name}, with conv4_3 (1,024 numbers)"] = normalise(both)
    padded = encode([_square(file, padded=True) for file in truth.files])
    flipped = encode([_square(file, padded=False)[:, ::-1] for file in truth.files])
    for name in ("gem", "rmac"):
        found[f"{name}, shape kept by padding"] = padded[name]
        found[f"{name}, mean of both flips"] = normalise(stretched[name] + flipped[name])
    return found


def _add(report: Report, name: str, truth: Truth, vectors: Vectors) -> None:
    for measure_name, value in score(truth, vectors).items():
        report.add(f"{name}: {measure_name}", [value], "share")


class _Encode:
    """Squares, uint8 (224, 224, 3), to every descriptor of each."""

    def __init__(self, network: ov.CompiledModel) -> None:
        self._queue = ov.AsyncInferQueue(network)
        self._queue.set_callback(self._keep)
        self._found: dict[int, dict[str, NDArray[np.float32]]] = {}

    def __call__(self, squares: Sequence[NDArray[np.uint8]]) -> Descriptors:
        self._found.clear()
        for index, square in enumerate(squares):
            self._queue.start_async({0: np.ascontiguousarray(square)[None]}, index)
        self._queue.wait_all()
        rows = [self._found[index] for index in range(len(squares))]
        return {name: normalise(np.stack([row[name] for row in rows])) for name in rows[0]}

    def _keep(self, request: ov.InferRequest, index: int) -> None:
        maps = request.get_output_tensor(0).data
        found: dict[str, NDArray[np.float32]] = {
            name: pool(maps, name, np)[0] for name in _POOLINGS
        }
        for power in _GEM_POWERS:
            found[f"gem{power}"] = ((maps**power).mean((1, 2)) ** (1 / power))[0]
        second = request.get_output_tensor(1).data[0].mean((1, 2))
        found["second"] = second / np.linalg.norm(second)
        self._found[index] = found


def _square(file: bytes, *, padded: bool) -> NDArray[np.uint8]:
    picture = ImageOps.exif_transpose(Image.open(BytesIO(file))).convert("RGB")
    if padded:
        picture = ImageOps.pad(picture, (max(picture.size),) * 2, color=_PADDING)
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR))
