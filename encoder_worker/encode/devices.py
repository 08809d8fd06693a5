"""Which device an encoder runs on, and GPUs claimed so that replicas spread over them.

A claim is an `flock` on a file in `settings.gpu_lock_dir`, which the host's replicas share. The
kernel frees it when the process ends, however it ends. Loads and queries claim apart, so that one
GPU serves both. Where there are more replicas than GPUs, they share: the next replica takes the
GPU with the fewest others on it, and says so in the log.
"""

import ctypes
import fcntl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

from encoder_worker.errors import StartupError
from shared.log import get_logger
from shared.settings import Settings

_log = get_logger(__name__)

#: Replicas of one kind on one GPU; beyond it memory runs out long before locks do.
_SHARES = 64


class Gpu(NamedTuple):
    """A GPU as CUDA counts it for this process; `uuid` is the same for every process."""

    number: int
    uuid: str


@dataclass(frozen=True)
class Device:
    """`cpu` or `cuda:N`. The claim lasts as long as the process, or until `release`."""

    name: str
    claim: IO[str] | None = None
    uuid: str = ""

    @property
    def is_gpu(self) -> bool:
        return self.name != "cpu"

    def release(self) -> None:
        if self.claim is not None:
            self.claim.close()


CPU = Device("cpu")


def choose_device(settings: Settings, kind: str, gpus: Sequence[Gpu] | None = None) -> Device:
    """The device for an encoder of this `kind` (its queue), by `settings.device` and runtime.

    `gpus` are asked of the driver unless given. Raises StartupError where the settings name a
    device that is not there.
    """
    wanted = settings.device
    if wanted == "cpu" or (wanted == "auto" and settings.runtime in ("openvino", "torch")):
        return CPU
    found = find_gpus() if gpus is None else gpus
    if wanted == "auto":
        if not found:
            if settings.runtime == "cuda":
                raise StartupError("LOOKALIKE_RUNTIME is cuda, and the driver shows no GPU.")
            return CPU
        return claim_gpu(found, settings.gpu_lock_dir, kind)
    name, _, number = wanted.partition(":")
    if name != "cuda" or not (number.isdecimal() or number == ""):
        raise StartupError(
            f"LOOKALIKE_DEVICE is `auto`, `cpu`, `cuda` or `cuda:N`, not {wanted!r}."
        )
    eligible = [gpu for gpu in found if number in ("", str(gpu.number))]
    if not eligible:
        raise StartupError(
            f"LOOKALIKE_DEVICE is {wanted}, and the driver shows {len(found)} GPUs. "
            "Install the driver, give the container a GPU, or set the device to `cpu`."
        )
    return claim_gpu(eligible, settings.gpu_lock_dir, kind)


def claim_gpu(gpus: Sequence[Gpu], lock_dir: Path, kind: str) -> Device:
    """Claim the GPU that the fewest encoders of this `kind` hold. Raises StartupError."""
    lock_dir.mkdir(parents=True, exist_ok=True)
    for share in range(_SHARES):
        for gpu in gpus:
            file = (lock_dir / f"{gpu.uuid}-{kind}-{share}.lock").open("w")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                continue
            if share:
                _log.warning("gpu_shared", gpu=gpu.number, others=share)
            return Device(f"cuda:{gpu.number}", file, gpu.uuid)
    raise StartupError(f"{_SHARES} encoders already share each GPU; start fewer replicas.")


def find_gpus() -> Sequence[Gpu]:
    """The GPUs that CUDA shows this process (CUDA_VISIBLE_DEVICES heeded), in its order.

    Asked of the driver itself: torch takes seconds to load, and a machine without a GPU does not
    need it. https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__DEVICE.html
    """
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return []
    count = ctypes.c_int()
    if cuda.cuInit(0) != 0 or cuda.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return []
    gpus = []
    for index in range(count.value):
        device = ctypes.c_int()
        uuid = (ctypes.c_ubyte * 16)()
        cuda.cuDeviceGet(ctypes.byref(device), index)
        cuda.cuDeviceGetUuid(ctypes.byref(uuid), device)
        gpus.append(Gpu(index, bytes(uuid).hex()))
    return gpus
