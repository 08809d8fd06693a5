"""What the driver's library says of a GPU, by a library that answers as NVML's header has it."""

import ctypes
from typing import Any

import pytest

from encoder_worker.encode.gpu_state import GpuSensor
from shared.domain.worker import GpuState

UUID = "0123456789abcdef0123456789abcdef"
NOT_FOUND = 6


class Nvml:
    """The four functions that are called, with what they return."""

    def __init__(self, **results: int) -> None:
        self.results = results
        self.asked: list[bytes] = []

    def nvmlInit_v2(self) -> int:  # noqa: N802 - NVML's own names
        return self.results.get("init", 0)

    def nvmlDeviceGetHandleByUUID(self, uuid: bytes, handle: Any) -> int:  # noqa: N802
        self.asked.append(uuid)
        handle._obj.value = 7
        return self.results.get("find", 0)

    def nvmlDeviceGetMemoryInfo(self, handle: ctypes.c_void_p, into: Any) -> int:  # noqa: N802
        assert handle.value == 7
        numbers = ctypes.cast(into, ctypes.POINTER(ctypes.c_ulonglong))
        numbers[0], numbers[1], numbers[2] = 150 << 30, 100 << 30, 50 << 30
        return self.results.get("memory", 0)

    def nvmlDeviceGetUtilizationRates(  # noqa: N802
        self, handle: ctypes.c_void_p, into: Any
    ) -> int:
        assert handle.value == 7
        numbers = ctypes.cast(into, ctypes.POINTER(ctypes.c_uint))
        numbers[0], numbers[1] = 87, 12
        return self.results.get("busy", 0)


def test_a_gpu_is_read() -> None:
    nvml = Nvml()

    state = GpuSensor(UUID, nvml).read()

    assert nvml.asked == [b"GPU-01234567-89ab-cdef-0123-456789abcdef"]
    assert state == GpuState(
        uuid=UUID, utilisation=0.87, memory_used=50 << 30, memory_total=150 << 30
    )


@pytest.mark.parametrize("call", ["init", "find", "memory", "busy"])
def test_what_the_driver_does_not_tell_is_left_out(call: str) -> None:
    assert GpuSensor(UUID, Nvml(**{call: NOT_FOUND})).read() is None


def test_without_the_library_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", missing)

    assert GpuSensor(UUID).read() is None
