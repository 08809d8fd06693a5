"""The precision and the batches that a runtime chooses for its machine."""

import pytest

from encoder_worker.encode import cuda
from encoder_worker.encode import openvino as on_openvino
from encoder_worker.errors import StartupError


def test_gpu_precisions_by_compute_capability() -> None:
    assert cuda.choose_precision("auto", (9, 0)) == "bfloat16"
    assert cuda.choose_precision("auto", (7, 5)) == "float16"
    assert cuda.choose_precision("auto", (6, 1)) == "float32"
    assert cuda.choose_precision("float16", (8, 6)) == "float16"
    with pytest.raises(StartupError, match="may be one of float32, float16"):
        cuda.choose_precision("bfloat16", (7, 5))


def test_gpu_batches_fit_memory() -> None:
    assert cuda.fitting_batch(140 << 30, "loads") == 256
    assert cuda.fitting_batch(140 << 30, "queries") == 16
    assert cuda.fitting_batch(8 << 30, "loads") == 32
    assert cuda.fitting_batch(1 << 20, "loads") == 1


def test_gpu_shapes_fall_to_one() -> None:
    assert cuda.batch_shapes(256) == (256, 64, 16, 4, 1)
    assert cuda.batch_shapes(6) == (6, 1)
    assert cuda.batch_shapes(1) == (1,)


def test_cpu_precisions_by_capability() -> None:
    assert on_openvino.choose_precision("auto", ["FP32", "BF16"]) == "bfloat16"
    assert on_openvino.choose_precision("auto", ["FP32"]) == "float32"
    with pytest.raises(StartupError, match="no bfloat16"):
        on_openvino.choose_precision("bfloat16", ["FP32"])


def test_cpu_shapes_halve_to_one() -> None:
    assert on_openvino.batch_shapes(8) == (8, 4, 2, 1)
    assert on_openvino.batch_shapes(7) == (7, 3, 1)
    assert on_openvino.batch_shapes(1) == (1,)


def test_any_count_splits_into_compiled_shapes() -> None:
    for count in range(1, 20):
        parts = list(on_openvino.split(count, (8, 4, 2, 1)))
        assert [part.stop - part.start for part in parts] == sorted(
            (part.stop - part.start for part in parts), reverse=True
        )
        assert [index for part in parts for index in range(count)[part]] == list(range(count))
