"""OpenVINO on the CPU: bfloat16 where the processor has it, else float32; int8 when asked for.

The network is written down in OpenVINO's own operations and kept under DATA_DIR, so that a worker
starts without torch. Compiling it takes a tenth of a second; OpenVINO's cache of compiled models
brought nothing and cost 50 MB, so it stays off.
"""

import queue
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from encoder_worker.encode.quantization import int8_name, kept_int8
from encoder_worker.encode.runtime import Descriptors, Pixels, Workload
from encoder_worker.errors import StartupError
from encoder_worker.model.pooling import pool_each
from encoder_worker.model.vgg16 import LAYERS, SIDE, Weights
from shared.domain.fingerprint import Pooling
from shared.log import get_logger
from shared.settings import Settings

_log = get_logger(__name__)

#: Raise when the graph below changes, so that kept ones are not taken for it.
_GRAPH_VERSION = 1
#: OpenVINO's names of our precisions, for its hint and for what the processor can do.
_HINTS = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}
_CAPABILITIES = {"bfloat16": "BF16", "float16": "FP16", "int8": "INT8"}
#: Pictures in the largest pass. A load keeps every core busy with single pictures, one per
#: stream; queries that arrive together share a pass.
_BATCH: dict[Workload, int] = {"loads": 1, "queries": 8}
_PERFORMANCE: dict[Workload, str] = {"loads": "THROUGHPUT", "queries": "LATENCY"}


class OpenVinoRuntime:
    """Compiled for throughput (a stream per few cores) or for latency (one stream).

    `path` is where its network is kept, an .xml.
    """

    name = "openvino"
    device = "cpu"

    def __init__(self, weights: Weights, settings: Settings, workload: Workload) -> None:
        core = ov.Core()
        capabilities = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self.precision = choose_precision(settings.precision, capabilities)
        self.batch_size = settings.batch_size or _BATCH[workload]
        self._sizes = batch_shapes(self.batch_size)
        model, self.path = kept_model(core, weights, settings.data_dir / "cache" / "openvino")
        self.weights = weights.name
        between = self.precision
        if self.precision == "int8":
            self.path = kept_int8(self.path, settings)
            self.weights = int8_name(weights.name, self.path)
            # What lies between the int8 layers is computed as it would be without them.
            between = choose_precision("auto", capabilities)
            model = core.read_model(self.path)
        config = {
            "PERFORMANCE_HINT": _PERFORMANCE[workload],
            "INFERENCE_PRECISION_HINT": _HINTS[between],
        }
        self._requests: dict[int, queue.SimpleQueue[ov.InferRequest]] = {}
        self.streams = 1
        for size in self._sizes:
            model.reshape([size, SIDE, SIDE, 3])
            compiled = core.compile_model(model, "CPU", config)
            self.streams = int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
            self._requests[size] = queue.SimpleQueue()
            for _ in range(self.streams):
                self._requests[size].put(compiled.create_infer_request())
        # Before any lane starts: where two threads make OpenVINO's very first tensors at once,
        # one waits for the GIL and the other, with it, for the first's static variable, for ever.
        self.forward([np.zeros((SIDE, SIDE, 3), np.uint8)], ["avg"])

    def forward(self, pictures: Sequence[Pixels], poolings: Sequence[Pooling]) -> Descriptors:
        parts = [
            self._infer(pictures[part], poolings[part])
            for part in split(len(pictures), self._sizes)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _infer(self, pictures: Sequence[Pixels], poolings: Sequence[Pooling]) -> Descriptors:
        batch = np.stack(pictures) if len(pictures) > 1 else np.ascontiguousarray(pictures[0])[None]
        requests = self._requests[len(pictures)]
        request = requests.get()
        try:
            maps = request.infer({0: batch}, share_inputs=True, share_outputs=True)[0]
            descriptors: Descriptors = pool_each(maps, poolings, np)
        finally:
            requests.put(request)
        return descriptors


def batch_shapes(largest: int) -> tuple[int, ...]:
    """The batch sizes that are compiled: the largest, its half, and so on to 1."""
    shapes = [largest]
    while shapes[-1] > 1:
        shapes.append(shapes[-1] // 2)
    return tuple(shapes)


def split(count: int, sizes: Sequence[int]) -> Iterator[slice]:
    """Cut `count` pictures into parts of the given sizes, which fall and end with 1."""
    start = 0
    for size in sizes:
        while count - start >= size:
            yield slice(start, start + size)
            start += size


def choose_precision(wanted: str, capabilities: Sequence[str]) -> str:
    """The precision to compile for. Raises StartupError where the processor has it not."""
    if wanted == "auto":
        return "bfloat16" if "BF16" in capabilities else "float32"
    needed = _CAPABILITIES.get(wanted)
    if needed is not None and needed not in capabilities:
        raise StartupError(
            f"This processor has no {wanted}; set LOOKALIKE_PRECISION to `auto` or `float32`."
        )
    return wanted


def kept_model(core: ov.Core, weights: Weights, folder: Path) -> tuple[ov.Model, Path]:
    """The network with these weights, and where in `folder` it is kept; built if not there."""
    path = folder / f"{weights.name}-g{_GRAPH_VERSION}.xml"
    if path.exists():
        try:
            return core.read_model(path), path
        except RuntimeError as error:
            _log.warning("model_cache_unreadable", path=str(path), error=str(error))
    model = build_model(weights)
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{uuid4().hex}.xml"
    ov.save_model(model, draft, compress_to_fp16=False)
    # The graph is found by its .xml, so the weights beside it must be in place first.
    draft.with_suffix(".bin").replace(path.with_suffix(".bin"))
    draft.replace(path)
    return model, path


def build_model(weights: Weights) -> ov.Model:
    """VGG16's features: uint8 (n, 224, 224, 3) to float32 (n, 7, 7, 512)."""
    pictures = ops.parameter([-1, SIDE, SIDE, 3], np.uint8, name="pictures")
    mean = np.array(weights.mean, np.float32)
    factor = np.float32(1) / np.array(weights.deviation, np.float32)
    pixels = ops.multiply(ops.subtract(ops.convert(pictures, "f32"), mean), factor)
    node = ops.transpose(pixels, np.array([0, 3, 1, 2]))
    layers = iter(weights.load())
    for kind in LAYERS:
        if kind == "pool":
            node = ops.max_pool(node, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2]).output(0)
        else:
            layer = next(layers)
            node = ops.convolution(node, layer.kernel, [1, 1], [1, 1], [1, 1], [1, 1])
            node = ops.relu(ops.add(node, layer.bias.reshape(1, -1, 1, 1)))
    maps = ops.transpose(node, np.array([0, 2, 3, 1]))
    return ov.Model([maps], [pictures], "vgg16")
