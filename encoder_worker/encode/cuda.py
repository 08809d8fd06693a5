"""CUDA: half the bits, channels last, and fixed shapes replayed as CUDA graphs.

Each stream has pinned memory and graphs of its own, so that one stream's pictures are copied while
another's are multiplied. A batch that is not full is run at the next larger shape.
"""

import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from encoder_worker.encode.runtime import Descriptors, Pixels, Workload
from encoder_worker.encode.torch import VggFeatures
from encoder_worker.errors import StartupError
from encoder_worker.model.pooling import pool_each
from encoder_worker.model.vgg16 import SIDE, Weights
from shared.domain.fingerprint import Pooling
from shared.log import get_logger
from shared.settings import Settings

_log = get_logger(__name__)

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
#: float16 ends at 65,504, and the Oxford weights' activations come near it.
_FLOAT16_SCALE = 1 / 64
#: Memory for one picture of a batch: input and output of the first two layers (64 maps of
#: 224x224 at 2 bytes, 6.4 MB each), doubled for cuDNN's workspace and fragmentation, and again.
_BYTES_PER_PICTURE = 32 << 20
#: Part of the free memory that one process takes: loads and queries share a GPU.
_MEMORY_SHARE = 0.4
_LARGEST_BATCH: dict[Workload, int] = {"loads": 256, "queries": 16}
_STREAMS: dict[Workload, int] = {"loads": 2, "queries": 1}
#: From one compiled shape to the next smaller one.
_SHAPE_STEP = 4
_WARM_UPS = 2

_Network: TypeAlias = Callable[[Tensor], Tensor]
_Pass: TypeAlias = Callable[[], Tensor]


@dataclass(frozen=True)
class CudaNetwork:
    """A network on its device; `fused` is the same function, compiled, for full batches."""

    plain: _Network
    fused: _Network
    device: torch.device
    weights: str
    precision: str


def create_cuda_runtime(
    weights: Weights, settings: Settings, workload: Workload, device_name: str
) -> "CudaRuntime":
    """The runtime at the largest batch that fits. Raises StartupError."""
    if not torch.cuda.is_available():
        raise StartupError(
            "This build of torch cannot use the GPU that the driver shows: install torch with "
            "CUDA, or set LOOKALIKE_DEVICE to `cpu`."
        )
    device = torch.device(device_name)
    torch.backends.cudnn.benchmark = True
    precision = choose_precision(settings.precision, torch.cuda.get_device_capability(device))
    free, _ = torch.cuda.mem_get_info(device)
    batch = settings.batch_size or fitting_batch(free, workload)
    plain = create_network(weights, precision).to(device)
    # Compiling fuses what lies between convolutions; it takes long enough to leave it to loads.
    fused = torch.compile(plain, dynamic=False) if workload == "loads" else plain
    network = CudaNetwork(plain, fused, device, weights.name, precision)
    while True:
        try:
            return CudaRuntime(network, batch=batch, streams=_STREAMS[workload])
        except torch.OutOfMemoryError as error:
            if batch == 1:
                raise StartupError(
                    f"{device_name} has not the memory for one picture; other processes hold it."
                ) from error
            _log.warning("batch_halved", device=device_name, batch=batch)
            batch //= 2
            torch.cuda.empty_cache()


def create_network(weights: Weights, precision: str) -> VggFeatures:
    """The reference network in a narrower format."""
    scale = _FLOAT16_SCALE if precision == "float16" else 1.0
    return VggFeatures(weights, dtype=_DTYPES[precision], scale=scale)


def choose_precision(wanted: str, capability: tuple[int, int]) -> str:
    """The fastest precision of a GPU of this compute capability, or the one wanted.

    Tensor cores take float16 from 7.0 on and bfloat16 from 8.0 on:
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/#compute-capabilities
    Raises StartupError.
    """
    able = ["float32"]
    able += ["float16"] if capability >= (7, 0) else []
    able += ["bfloat16"] if capability >= (8, 0) else []
    if wanted == "auto":
        return able[-1]
    if wanted not in able:
        raise StartupError(
            f"This GPU has no {wanted}; LOOKALIKE_PRECISION may be one of {', '.join(able)}."
        )
    return wanted


def fitting_batch(free_bytes: int, workload: Workload) -> int:
    """The largest power of two that the workload can use and memory hold, at least 1."""
    room = int(free_bytes * _MEMORY_SHARE) // (_BYTES_PER_PICTURE * _STREAMS[workload])
    return 1 << min(max(room, 1), _LARGEST_BATCH[workload]).bit_length() - 1


def batch_shapes(largest: int) -> tuple[int, ...]:
    """The batch sizes that are made ready, largest first and 1 last."""
    shapes = []
    while largest > 1:
        shapes.append(largest)
        largest //= _SHAPE_STEP
    return (*shapes, 1)


class CudaRuntime:
    """Runs batches of up to `batch` pictures, `streams` of them at a time.

    On a CPU device it uses no CUDA streams or graphs; the rest is the same.
    """

    name = "cuda"

    def __init__(self, network: CudaNetwork, *, batch: int, streams: int) -> None:
        self.device = str(network.device)
        self.weights = network.weights
        self.precision = network.precision
        self.batch_size = batch
        self.streams = streams
        self._streams: queue.SimpleQueue[_StreamExecutor] = queue.SimpleQueue()
        for _ in range(streams):
            self._streams.put(_StreamExecutor(network, batch_shapes(batch)))

    def forward(self, pictures: Sequence[Pixels], poolings: Sequence[Pooling]) -> Descriptors:
        stream = self._streams.get()
        try:
            return stream.forward(pictures, poolings)
        finally:
            self._streams.put(stream)


class _StreamExecutor:
    """One forward pass at a time, in memory and graphs that are made once."""

    @torch.inference_mode()
    def __init__(self, network: CudaNetwork, shapes: Sequence[int]) -> None:
        device = network.device
        on_gpu = device.type == "cuda"
        self._stream = torch.cuda.Stream(device) if on_gpu else None  # type: ignore[no-untyped-call]
        self._pool = torch.cuda.graph_pool_handle() if on_gpu else None
        shape = (shapes[0], SIDE, SIDE, 3)
        self._host = torch.empty(shape, dtype=torch.uint8, pin_memory=on_gpu)
        self._rows = self._host.numpy()
        self._input = torch.zeros(shape, dtype=torch.uint8, device=device)
        self._passes = {
            size: self._prepare(
                network.fused if size == shapes[0] else network.plain, network.plain, size
            )
            for size in shapes
        }

    @torch.inference_mode()
    def forward(self, pictures: Sequence[Pixels], poolings: Sequence[Pooling]) -> Descriptors:
        count = len(pictures)
        size = min(size for size in self._passes if size >= count)
        for row, pixels in enumerate(pictures):
            self._rows[row] = pixels
        with torch.cuda.stream(self._stream):
            self._input[:count].copy_(self._host[:count], non_blocking=True)
            maps = self._passes[size]()[:count].to(torch.float32)
            # Copying to ordinary memory waits for this stream, and for it alone.
            descriptors: Descriptors = pool_each(maps, poolings, torch).cpu().numpy()
        return descriptors

    def _prepare(self, wanted: _Network, plain: _Network, size: int) -> _Pass:
        try:
            return self._record(wanted, size)
        except torch.OutOfMemoryError:
            raise
        except Exception as error:
            if wanted is plain:
                raise
            # Compiling needs a C compiler and a Triton that knows the GPU; eager needs neither.
            _log.warning("compile_failed", error=str(error).strip().splitlines()[:1])
            return self._record(plain, size)

    def _record(self, network: _Network, size: int) -> _Pass:
        pictures = self._input[:size]
        with torch.cuda.stream(self._stream):
            # cuDNN tries its algorithms, and the compiler compiles, before anything is recorded.
            for _ in range(_WARM_UPS):
                network(pictures)
        if self._stream is None:
            return lambda: network(pictures)
        self._stream.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool, stream=self._stream):
            maps: Tensor = network(pictures)

        def replay() -> Tensor:
            graph.replay()
            return maps

        return replay
