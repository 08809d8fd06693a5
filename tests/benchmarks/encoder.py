"""The encoder alone: our way beside a bare loop of the same model, and beside the old demo's."""

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import openvino as ov
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.models import vgg16

from encoder_worker.decode import decode
from encoder_worker.encoder import Encoder, normalise
from encoder_worker.runtimes.openvino import OpenVinoRuntime, build_model
from encoder_worker.runtimes.torch import TorchRuntime
from encoder_worker.weights import find_weights
from shared.settings import Settings
from tests.benchmarks.report import Report

_HINTS = {"float32": "f32", "bfloat16": "bf16"}
_SLOW = 8


def measure(photos: list[Path], settings: Settings, *, runs: int) -> Report:
    """Images a second, each way in turn within every run, so that drift meets all alike."""
    weights = find_weights(settings)
    pixels = [decode(path.read_bytes(), settings.max_pixels).pixels for path in photos]
    ours = Encoder(OpenVinoRuntime(weights, settings, "loads"), weights.name)
    precision = ours.runtime.precision
    bare = _bare_loop(build_model(weights), precision)
    reference = TorchRuntime(weights, settings.model_copy(update={"precision": "auto"}), "cpu")
    ways: dict[str, tuple[Callable[[], None], int]] = {
        "demo's way: decode, float32, one at a time": (_demo(photos[:_SLOW]), _SLOW),
        f"bare OpenVINO loop, {precision}": (lambda: bare(pixels), len(pixels)),
        f"Lookalike's encoder, {precision}": (lambda: _submit(ours, pixels), len(pixels)),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for run in range(runs + 1):
        for name, (work, count) in ways.items():
            started = time.perf_counter()
            work()
            if run:  # the first is the warm-up
                rates[name].append(count / (time.perf_counter() - started))
    context = {
        "weights": weights.name,
        "device": "cpu",
        "decode": "before the clock starts, but for the demo's way",
    }
    report = Report("Encoder", context)
    demo, loop, own = ways
    report.add(demo, rates[demo], "images/s")
    report.add(loop, rates[loop], "images/s", demo)
    report.add(own, rates[own], "images/s", loop)
    paired = [a / b for a, b in zip(rates[own], rates[loop], strict=True)]
    report.add("Lookalike's encoder / bare loop, run by run", paired, "ratio")
    paired = [a / b for a, b in zip(rates[own], rates[demo], strict=True)]
    report.add("Lookalike's encoder / demo's way, run by run", paired, "ratio")
    cosines = _cosines(ours, reference, pixels)
    report.add(f"cosine to torch float32, {precision}: mean", [statistics.mean(cosines)], "cosine")
    report.add(f"cosine to torch float32, {precision}: worst", [min(cosines)], "cosine")
    ours.close()
    return report


def _bare_loop(model: ov.Model, precision: str) -> Callable[[Sequence[NDArray[np.uint8]]], None]:
    model.reshape([1, 224, 224, 3])
    compiled = ov.Core().compile_model(
        model,
        "CPU",
        {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": _HINTS[precision]},
    )
    requests = ov.AsyncInferQueue(compiled)

    def run(pixels: Sequence[NDArray[np.uint8]]) -> None:
        for picture in pixels:
            requests.start_async({0: picture[None]}, share_inputs=True)
        requests.wait_all()

    return run


def _submit(encoder: Encoder, pixels: Sequence[NDArray[np.uint8]]) -> None:
    for future in [encoder.submit(picture, "avg") for picture in pixels]:
        future.result()


def _demo(photos: Sequence[Path]) -> Callable[[], None]:
    """What the old demo does: open, resize, float32, one picture at a time, eager."""
    torch.manual_seed(0)
    network = vgg16(weights=None).features.eval()

    def run() -> None:
        with torch.inference_mode():
            for path in photos:
                image = Image.open(path).convert("RGB").resize((224, 224))
                pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float()
                network(pixels / 127.5 - 1).amax((2, 3))

    return run


def _cosines(
    ours: Encoder, reference: TorchRuntime, pixels: Sequence[NDArray[np.uint8]]
) -> list[float]:
    found = []
    for picture in pixels:
        exact = normalise(reference.forward([picture], ["avg"]))[0]
        found.append(float(exact @ ours.submit(picture, "avg").result().vector))
    return found
