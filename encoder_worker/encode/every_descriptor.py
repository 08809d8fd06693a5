"""Every descriptor of pictures from one forward pass each, as the encoder would make it here."""

from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar, get_args

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from encoder_worker.encode.encoder import normalise
from encoder_worker.encode.openvino import choose_precision, thread_limits
from encoder_worker.encode.openvino_network import build_network
from encoder_worker.encode.quantization import has_fast_int8, is_calibrated, read_calibration
from encoder_worker.model.pooling import pool
from encoder_worker.model.vgg16 import SIDE, Weights
from shared.domain.fingerprint import Pooling

POOLINGS: tuple[Pooling, ...] = get_args(Pooling)
_HINTS = {"float32": "f32", "bfloat16": "bf16"}

K = TypeVar("K", bound=Hashable)


class EveryDescriptor(Generic[K]):
    """Takes pictures by a key of the caller's, on the processor."""

    def __init__(self, weights: Weights) -> None:
        core = ov.Core()
        between = choose_precision("auto", core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
        # As the encoder chooses it: rows and queries will have this error, too.
        rounded = is_calibrated(weights) and has_fast_int8()
        #: What the network computes in.
        self.precision = "int8" if rounded else between
        network = build_network(weights, read_calibration(weights) if rounded else None)
        network.reshape([1, SIDE, SIDE, 3])
        hints = {
            "PERFORMANCE_HINT": "THROUGHPUT",
            "INFERENCE_PRECISION_HINT": _HINTS[between],
            **thread_limits(),
        }
        self._queue = ov.AsyncInferQueue(core.compile_model(network, "CPU", hints))
        self._queue.set_callback(self._keep)
        self._found: dict[K, dict[Pooling, NDArray[np.float32]]] = {}

    def add(self, square: NDArray[np.uint8], key: K) -> None:
        """Begin with a picture, uint8 (224, 224, 3)."""
        self._queue.start_async({0: np.ascontiguousarray(square)[None]}, key)

    def keys(self) -> Sequence[K]:
        """The keys of all pictures, once they are done."""
        self._queue.wait_all()
        return list(self._found)

    def vectors(self, pooling: Pooling, keys: Sequence[K]) -> NDArray[np.float32]:
        """Unit vectors, float32 (n, 512), of pictures that are done; NaN for one without any."""
        return normalise(np.stack([self._found[key][pooling] for key in keys]))

    def _keep(self, request: ov.InferRequest, key: K) -> None:
        maps = request.get_output_tensor(0).data
        self._found[key] = {name: pool(maps, name, np)[0] for name in POOLINGS}
