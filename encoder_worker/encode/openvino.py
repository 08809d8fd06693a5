"""OpenVINO on the CPU: int8 where the processor is fast at it, else bfloat16, else float32.

The network is built from its weights at each start: that and compiling take less than a second.
"""

import os
import queue
from collections.abc import Iterator, Sequence

import numpy as np
import openvino as ov

from encoder_worker.encode.cpu_quota import available_cpus
from encoder_worker.encode.openvino_network import build_network
from encoder_worker.encode.quantization import has_fast_int8, is_calibrated, read_calibration
from encoder_worker.encode.runtime import Descriptors, Pixels, Workload
from encoder_worker.errors import StartupError
from encoder_worker.model.pooling import pool_each
from encoder_worker.model.vgg16 import SIDE, Weights
from shared.domain.fingerprint import Pooling
from shared.settings import Settings

#: OpenVINO's names of our precisions, for its hint and for what the processor can do.
_HINTS = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}
_CAPABILITIES = {"bfloat16": "BF16", "float16": "FP16", "int8": "INT8"}
#: Pictures in the largest pass. A load keeps every core busy with single pictures, one per
#: stream; queries that arrive together share a pass.
_BATCH: dict[Workload, int] = {"loads": 1, "queries": 8}
_PERFORMANCE: dict[Workload, str] = {"loads": "THROUGHPUT", "queries": "LATENCY"}


class OpenVinoRuntime:
    """Compiled for throughput (a stream per few cores) or for latency (one stream)."""

    name = "openvino"
    device = "cpu"

    def __init__(self, weights: Weights, settings: Settings, workload: Workload) -> None:
        core = ov.Core()
        capabilities = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        wanted = settings.precision
        if wanted == "auto" and is_calibrated(weights) and has_fast_int8():
            wanted = "int8"
        self.precision = choose_precision(wanted, capabilities)
        self.batch_size = settings.batch_size or _BATCH[workload]
        self._sizes = batch_shapes(self.batch_size)
        # int8 vectors are near enough to the others to stand beside them: one name for all.
        self.weights = weights.name
        between, calibration = self.precision, None
        if self.precision == "int8":
            # What lies between the int8 layers is computed as it would be without them.
            between = choose_precision("auto", capabilities)
            calibration = read_calibration(weights)
        model = build_network(weights, calibration)
        config = {
            "PERFORMANCE_HINT": _PERFORMANCE[workload],
            "INFERENCE_PRECISION_HINT": _HINTS[between],
            **thread_limits(),
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
        # Before any stream starts: where two threads make OpenVINO's very first tensors at once,
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


def thread_limits() -> dict[str, str]:
    """OpenVINO's settings for a container with a CPU quota; none where every core may be used.

    OpenVINO counts the host's cores and binds its threads to the first of them. Under a quota it
    would start too many, which then wait for the quota, and two containers would share a core
    while others are idle.
    """
    cpus = available_cpus()
    if cpus == len(os.sched_getaffinity(0)):
        return {}
    return {"INFERENCE_NUM_THREADS": str(cpus), "ENABLE_CPU_PINNING": "NO"}


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
