"""The encoder that the settings and the device call for."""

import time

from encoder_worker.encode.devices import Device
from encoder_worker.encode.encoder import Encoder
from encoder_worker.encode.runtime import Runtime, Workload
from encoder_worker.errors import StartupError
from encoder_worker.model.vgg16 import Weights
from encoder_worker.model.weights import find_weights
from shared.log import get_logger
from shared.settings import Settings

_log = get_logger(__name__)


def create_runtime(
    weights: Weights, settings: Settings, workload: Workload, device: Device
) -> Runtime:
    """The runtime that the settings and the device call for. Raises StartupError."""
    name = settings.runtime
    if name == "auto":
        name = "cuda" if device.is_gpu else "openvino"
    if device.is_gpu and name == "openvino":
        raise StartupError("The openvino runtime is for the CPU; set LOOKALIKE_DEVICE to `cpu`.")
    if not device.is_gpu and name == "cuda":
        raise StartupError("The cuda runtime needs a GPU; set LOOKALIKE_DEVICE to `auto`.")
    # Imported late: each library takes seconds and hundreds of megabytes to load.
    if name == "openvino":
        from encoder_worker.encode.openvino import OpenVinoRuntime

        return OpenVinoRuntime(weights, settings, workload)
    try:
        if name == "cuda":
            from encoder_worker.encode.cuda import create_cuda_runtime

            return create_cuda_runtime(weights, settings, workload, device.name)
        from encoder_worker.encode.torch import TorchRuntime

        return TorchRuntime(weights, settings, device.name)
    except ModuleNotFoundError as error:
        raise StartupError(
            f"The {name} runtime needs {error.name}, which is not installed. Install "
            "requirements-run-gpu.lock (`make run` does where it sees a GPU), or set "
            "LOOKALIKE_DEVICE to `cpu` and LOOKALIKE_RUNTIME to `auto`."
        ) from error


def load_encoder(settings: Settings, workload: Workload, device: Device) -> Encoder:
    """The network that the settings ask for, ready to encode. Raises StartupError."""
    began = time.monotonic()
    weights = find_weights(settings)
    runtime = create_runtime(weights, settings, workload, device)
    _log.info(
        "encoder_ready",
        weights=runtime.weights,
        runtime=runtime.name,
        device=runtime.device,
        precision=runtime.precision,
        streams=runtime.streams,
        batch_size=runtime.batch_size,
        seconds=round(time.monotonic() - began, 2),
    )
    return Encoder(runtime)
