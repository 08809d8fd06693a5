"""The encoder alone: every runtime, precision and batch beside the old demo's way."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import openvino as ov
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.models import vgg16

from encoder_worker.decode.decoder import decode
from encoder_worker.encode.encoder import Encoder
from encoder_worker.encode.openvino import OpenVinoRuntime, choose_precision
from encoder_worker.encode.openvino_network import build_network
from encoder_worker.encode.quantization import is_calibrated, read_calibration
from encoder_worker.encode.torch import TorchRuntime
from encoder_worker.model.vgg16 import Weights
from encoder_worker.model.weights import find_weights
from shared.settings import Settings
from tests.benchmarks.report import Report, timed

DEMO = "demo's way: decode, float32, one at a time, eager"
PRECISIONS = ("float32", "bfloat16", "int8")
_HINTS = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}
#: Slow ways get fewer pictures, so that every way takes about as long.
_SLOW, _QUICK = 8, 32

Pixels = NDArray[np.uint8]
Loop = Callable[[Sequence[Pixels]], None]


def measure(photos: list[Path], settings: Settings, *, runs: int) -> Report:
    """Images a second, each way in turn within every run, so that drift meets all alike."""
    weights = find_weights(settings)
    pixels = [decode(path.read_bytes(), settings.max_pixels).pixels for path in photos]
    ours = Encoder(OpenVinoRuntime(weights, settings, "loads"))
    precision = ours.runtime.precision
    bare_name = f"bare OpenVINO queue, {precision}, batch 1"
    own_name = f"Lookalike's encoder, {precision}"
    ways: dict[str, tuple[Callable[[], None], int]] = {DEMO: (_demo(photos[:_SLOW]), _SLOW)}
    for batch in (1, 8):
        name = f"torch, float32, batch {batch}, channels last"
        ways[name] = (_torch(weights, settings, pixels[:_SLOW], batch), _SLOW)
    for known in known_precisions():
        if known == "int8" and not is_calibrated(weights):
            continue
        for batch in (1, 8):
            loop = bare_loop(weights, known, batch)
            ways[f"bare OpenVINO queue, {known}, batch {batch}"] = _bound(loop, pixels[:_QUICK])
    ways[own_name] = (lambda: _submit(ours, pixels[:_QUICK]), _QUICK)
    rates = _rates(ways, runs)
    ours.close()
    context = {
        "weights": weights.name,
        "device": "cpu",
        "decode": "before the clock starts, but for the demo's way",
    }
    report = Report("Encoder", context)
    for name, values in rates.items():
        report.add(name, values, "images/s", None if name == DEMO else DEMO)
    report.add_ratio(f"{own_name} / bare queue, run by run", rates[own_name], rates[bare_name])
    report.add_ratio(f"{own_name} / demo's way, run by run", rates[own_name], rates[DEMO])
    return report


def bare_loop(weights: Weights, precision: str, batch: int = 1) -> Loop:
    """OpenVINO's own queue for throughput, fed with pictures as fast as it takes them."""
    core = ov.Core()
    hint, calibration = precision, None
    if precision == "int8":
        calibration = read_calibration(weights)
        hint = choose_precision("auto", core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
    model = build_network(weights, calibration)
    model.reshape([batch, 224, 224, 3])
    config = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": _HINTS[hint]}
    requests = ov.AsyncInferQueue(core.compile_model(model, "CPU", config))

    def run(pixels: Sequence[Pixels]) -> None:
        for first in range(0, len(pixels), batch):
            requests.start_async({0: np.stack(pixels[first : first + batch])}, share_inputs=True)
        requests.wait_all()

    return run


def rate(loop: Loop, pixels: Sequence[Pixels]) -> float:
    """Images a second of one run over the pictures."""
    return len(pixels) / timed(lambda: loop(pixels))


def _rates(ways: dict[str, tuple[Callable[[], None], int]], runs: int) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for run in range(runs + 1):
        for name, (work, count) in ways.items():
            seconds = timed(work)
            if run:  # the first is the warm-up
                rates[name].append(count / seconds)
    return rates


def known_precisions() -> Iterator[str]:
    """The precisions that this processor computes in without emulating them."""
    capabilities = ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    known = {"float32": "FP32", "bfloat16": "BF16", "int8": "INT8"}
    return (name for name in PRECISIONS if known[name] in capabilities)


def _bound(loop: Loop, pixels: Sequence[Pixels]) -> tuple[Callable[[], None], int]:
    return (lambda: loop(pixels)), len(pixels)


def _submit(encoder: Encoder, pixels: Sequence[Pixels]) -> None:
    for future in [encoder.submit(picture, "avg") for picture in pixels]:
        future.result()


def _torch(
    weights: Weights, settings: Settings, pixels: Sequence[Pixels], batch: int
) -> Callable[[], None]:
    network = TorchRuntime(weights, settings.model_copy(update={"precision": "auto"}), "cpu")

    def run() -> None:
        for first in range(0, len(pixels), batch):
            part = pixels[first : first + batch]
            network.forward(part, ["avg"] * len(part))

    return run


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
