"""How busy and how full a GPU is, as its driver says.

Asked of the driver's own library (NVML, https://docs.nvidia.com/deploy/nvml-api), which is there
wherever the driver is.
"""

import ctypes
from typing import Any

from shared.domain.worker import GpuState
from shared.log import get_logger

_log = get_logger(__name__)

_OK = 0


class _Utilization(ctypes.Structure):
    _fields_ = [("gpu", ctypes.c_uint), ("memory", ctypes.c_uint)]


class _Memory(ctypes.Structure):
    _fields_ = [
        ("total", ctypes.c_ulonglong),
        ("free", ctypes.c_ulonglong),
        ("used", ctypes.c_ulonglong),
    ]


class GpuSensor:
    """Reads one GPU, by the `uuid` of `devices.Gpu`. Where the library is not, it reads nothing."""

    def __init__(self, uuid: str, library: Any = None) -> None:
        self._uuid = uuid
        self._nvml = _load() if library is None else library
        self._handle = ctypes.c_void_p()
        if self._nvml is not None and not self._find():
            # A part of a GPU (MIG) has another name in this library, and no utilisation.
            _log.info("gpu_not_observed", gpu=uuid)
            self._nvml = None

    def read(self) -> GpuState | None:
        """The GPU's state now; None where the driver does not tell."""
        if self._nvml is None:
            return None
        busy, memory = _Utilization(), _Memory()
        if self._nvml.nvmlDeviceGetMemoryInfo(self._handle, ctypes.byref(memory)) != _OK:
            return None
        if self._nvml.nvmlDeviceGetUtilizationRates(self._handle, ctypes.byref(busy)) != _OK:
            return None
        return GpuState(
            uuid=self._uuid,
            utilisation=busy.gpu / 100,
            memory_used=memory.used,
            memory_total=memory.total,
        )

    def _find(self) -> bool:
        digits = self._uuid
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        name = f"GPU-{'-'.join(parts)}".encode()
        if self._nvml.nvmlInit_v2() != _OK:
            return False
        found = self._nvml.nvmlDeviceGetHandleByUUID(name, ctypes.byref(self._handle))
        return bool(found == _OK)


def _load() -> Any:
    try:
        return ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return None
