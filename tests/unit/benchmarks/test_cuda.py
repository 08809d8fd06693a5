"""The benchmark of a GPU, run on the CPU."""

from pathlib import Path

import pytest
import torch

from encoder_worker.encode.cuda import CudaNetwork, CudaRuntime, create_network
from encoder_worker.errors import StartupError
from encoder_worker.model.weights import find_weights
from shared.settings import Settings
from tests.benchmarks import cuda
from tests.drawn import draw_files


def test_every_figure_is_there(
    base_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = find_weights(base_settings)
    network = create_network(weights, "float32")
    cpu = torch.device("cpu")

    def on_the_cpu(*_: object) -> CudaRuntime:
        both = CudaNetwork(network, network, cpu, weights.name, "float32")
        return CudaRuntime(both, batch=4, streams=1)

    monkeypatch.setattr(cuda, "create_cuda_runtime", on_the_cpu)
    monkeypatch.setattr(cuda, "_MATRIX", 256)
    photos = draw_files(tmp_path / "photos", 2)
    report = cuda.measure(photos, base_settings, runs=1, pictures=4)
    assert report.find("JPEG bytes to vectors").unit == "images/s"
    assert all(row.median > 0 for row in report.rows)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so(base_settings: Settings, tmp_path: Path) -> None:
    photos = draw_files(tmp_path / "photos", 1)
    with pytest.raises(StartupError, match="GPU"):
        cuda.measure(photos, base_settings, runs=1, pictures=1)
