"""A GPU beside its own matrix product: the forward pass, decoding, and JPEG bytes to vectors."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from encoder_worker.chunks.reading import BATCH_FILES
from encoder_worker.decode.batch import BatchDecoder, decode_in_pool
from encoder_worker.decode.gpu import CudaJpegDecoder, faster_decoder
from encoder_worker.encode.cuda import create_cuda_runtime
from encoder_worker.encode.encoder import Encoder
from encoder_worker.model.weights import find_weights
from shared.pictures.square import Picture
from shared.sandbox.pool import DecoderPool, limits_of
from shared.settings import Settings
from tests.benchmarks.report import Report, timed

#: Multiplications and additions of one picture (Simonyan and Zisserman's column D at 224x224).
FLOP_PER_PICTURE = 30.7e9
_PRODUCT = "bfloat16 matrix product"
_FORWARD = "forward pass, copying included"
_MATRIX = 8192
_MATRIX_TIMES = 50
_PORTIONS = 8


def measure(photos: list[Path], settings: Settings, *, runs: int, pictures: int) -> Report:
    """`pictures` JPEG files a run, the given ones again and again. Raises StartupError, no GPU."""
    runtime = create_cuda_runtime(find_weights(settings), settings, "loads", "cuda:0")
    device = torch.device(runtime.device)
    encoder = Encoder(runtime)
    files = [path.read_bytes() for path in photos]
    files = [files[index % len(files)] for index in range(pictures)]
    lanes = settings.decode_threads or len(os.sched_getaffinity(0))
    threads = ThreadPoolExecutor(lanes)
    decoders = DecoderPool(limits_of(settings), lanes)
    host = decode_in_pool(decoders, threads, threading.Event())
    gpu = CudaJpegDecoder(host, device, settings.max_pixels)
    chosen = faster_decoder(host, device, settings.max_pixels)
    squares = [result.pixels for result in host(files) if isinstance(result, Picture)]
    ways: dict[str, Callable[[], float]] = {
        _PRODUCT: lambda: matrix_product(device),
        _FORWARD: lambda: _rate(lambda: _encode(encoder, squares), pictures),
        "decoding, cores": lambda: _rate(lambda: _in_portions(host, files), pictures),
        "decoding, GPU": lambda: _rate(lambda: _in_portions(gpu, files), pictures),
        "JPEG bytes to vectors": lambda: _rate(lambda: _pipeline(encoder, chosen, files), pictures),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for run in range(runs + 1):
        for name, way in ways.items():
            figure = way()
            if run:  # the first is the warm-up
                found[name].append(figure)
    encoder.close()
    decoders.close()
    context = {
        "weights": runtime.weights,
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "precision": runtime.precision,
        "batch": str(runtime.batch_size),
        "cores": str(len(os.sched_getaffinity(0))),
        "decoder of the pipeline": "gpu" if chosen is not host else "cores",
    }
    report = Report("GPU", context)
    product = found.pop(_PRODUCT)
    report.add(_PRODUCT, product, "TFLOP/s")
    done = [rate * FLOP_PER_PICTURE / 1e12 for rate in found[_FORWARD]]
    report.add(f"{_FORWARD}: arithmetic", done, "TFLOP/s", _PRODUCT)
    for name, rates in found.items():
        report.add(name, rates, "images/s", None if name == _FORWARD else _FORWARD)
    return report


def matrix_product(device: torch.device) -> float:
    """What the device really multiplies, in TFLOP/s of bfloat16."""
    side, times = _MATRIX, _MATRIX_TIMES
    left, right = (torch.randn((side, side), device=device, dtype=torch.bfloat16) for _ in "ab")
    out = left @ right
    _finish(device)
    started = time.perf_counter()
    for _ in range(times):
        torch.mm(left, right, out=out)
    _finish(device)
    return 2 * side**3 * times / (time.perf_counter() - started) / 1e12


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _encode(encoder: Encoder, squares: Sequence[np.ndarray]) -> None:
    for future in [encoder.submit(square, "avg") for square in squares]:
        future.result()


def _in_portions(decode_all: BatchDecoder, files: Sequence[bytes]) -> None:
    for first in range(0, len(files), BATCH_FILES):
        decode_all(files[first : first + BATCH_FILES])


def _pipeline(encoder: Encoder, decode_all: BatchDecoder, files: Sequence[bytes]) -> None:
    """As a worker does it: several portions at once, each decoded and then encoded."""
    turn = iter(range(0, len(files), BATCH_FILES))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                first = next(turn, None)
            if first is None:
                return
            results = decode_all(files[first : first + BATCH_FILES])
            _encode(encoder, [item.pixels for item in results if isinstance(item, Picture)])

    with ThreadPoolExecutor(_PORTIONS) as batches:
        for future in [batches.submit(work) for _ in range(_PORTIONS)]:
            future.result()


def _rate(work: Callable[[], None], count: int) -> float:
    return count / timed(work)
