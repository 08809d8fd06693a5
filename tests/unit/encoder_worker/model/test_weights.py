"""Weights from files and downloads: what is taken, what is refused, and what is said."""

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from structlog.testing import capture_logs
from torchvision.models import VGG16_Weights

from encoder_worker.errors import StartupError
from encoder_worker.model import weights as weights_module
from encoder_worker.model.state_dict import feature_indexes
from encoder_worker.model.vgg16 import OXFORD_MEAN, TORCHVISION_MEAN, kernel_shapes
from encoder_worker.model.weights import IMAGENET, IMAGENET_V1, Published, find_weights
from shared.settings import Settings


def state_dict(prefix: str = "") -> dict[str, torch.Tensor]:
    """A VGG16's tensors, each one number seen many times, so that its file is small."""
    state = {}
    for number, (index, shape) in enumerate(zip(feature_indexes(), kernel_shapes(), strict=True)):
        state[f"{prefix}{index}.weight"] = torch.tensor([float(number + 1)]).expand(shape)
        state[f"{prefix}{index}.bias"] = torch.tensor([-float(number)]).expand(shape[:1])
    return state


def save(path: Path, state: Any) -> Path:
    torch.save(state, path)
    return path


def asking_for(path: Path | str, settings: Settings) -> Settings:
    return settings.model_copy(update={"weights": str(path)})


@pytest.mark.parametrize("prefix", ["", "features.", "module.features."])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_file_of_vgg16_or_of_its_features_is_read(
    prefix: str, wrapped: bool, tmp_path: Path, base_settings: Settings
) -> None:
    state = state_dict(prefix)
    path = save(tmp_path / "w.pth", {"state_dict": state} if wrapped else state)
    found = find_weights(asking_for(path, base_settings))
    assert found.name == f"file-{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"
    assert found.mean == TORCHVISION_MEAN
    layers = found.load()
    assert [layer.kernel.shape for layer in layers] == list(kernel_shapes())
    assert [float(layer.kernel[0, 0, 0, 0]) for layer in layers] == list(range(1, 14))
    assert float(layers[3].bias[0]) == -3


def test_a_file_from_before_torch_1_6_is_read(tmp_path: Path, base_settings: Settings) -> None:
    path = tmp_path / "old.pth"
    torch.save(state_dict(), path, _use_new_zipfile_serialization=False)
    assert len(find_weights(asking_for(path, base_settings)).load()) == 13


def refused(path: Path | str, settings: Settings) -> str:
    with pytest.raises(StartupError) as refusal:
        find_weights(asking_for(path, settings)).load()
    return str(refusal.value)


def test_a_missing_file_is_named(tmp_path: Path, base_settings: Settings) -> None:
    assert "no weight file" in refused(tmp_path / "none.pth", base_settings)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint at all"])
def test_a_file_of_something_else_is_refused(
    content: bytes, tmp_path: Path, base_settings: Settings
) -> None:
    path = tmp_path / "w.pth"
    path.write_bytes(content)
    assert "cannot be read as tensors alone" in refused(path, base_settings)


class _Code:
    """Unpickling this would run code; torch must refuse before it does."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (weights_module._log.critical, ("code in a weight file was run",))


def test_a_file_that_holds_code_is_refused(tmp_path: Path, base_settings: Settings) -> None:
    path = save(tmp_path / "w.pth", {"state_dict": _Code()})
    with capture_logs() as logs:
        assert "cannot be read as tensors alone" in refused(path, base_settings)
    assert not [line for line in logs if "was run" in line["event"]]


def test_a_list_of_tensors_is_no_state_dict(tmp_path: Path, base_settings: Settings) -> None:
    assert "no state dict but a list" in refused(
        save(tmp_path / "w.pth", [torch.zeros(1)]), base_settings
    )


def test_another_networks_file_is_refused(tmp_path: Path, base_settings: Settings) -> None:
    other = {"conv1.weight": torch.zeros(64, 3, 7, 7)}
    said = refused(save(tmp_path / "w.pth", other), base_settings)
    assert "'0.weight'" in said
    assert "not of a VGG16" in said


def test_batch_normalised_vgg16_is_told_apart(tmp_path: Path, base_settings: Settings) -> None:
    state = state_dict("features.") | {"features.2.weight": torch.zeros(64)}
    said = refused(save(tmp_path / "w.pth", state), base_settings)
    assert "has the shape (64,)" in said


def test_values_that_are_not_numbers_are_refused(tmp_path: Path, base_settings: Settings) -> None:
    state = state_dict() | {"5.bias": torch.full((128,), float("nan"))}
    assert "'5.bias' holds values that are not numbers" in refused(
        save(tmp_path / "w.pth", state), base_settings
    )


def test_published_files_are_torchvisions() -> None:
    features = VGG16_Weights.IMAGENET1K_FEATURES
    assert features.url == IMAGENET.url
    assert features.transforms.keywords["mean"] == pytest.approx(
        tuple(value / 255 for value in IMAGENET.mean)
    )
    assert features.transforms.keywords["std"] == pytest.approx(
        tuple(value / 255 for value in IMAGENET.deviation)
    )
    assert VGG16_Weights.IMAGENET1K_V1.url == IMAGENET_V1.url
    for published in (IMAGENET, IMAGENET_V1):
        assert published.sha256 in published.url
        assert published.name.endswith(published.sha256)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the address on 127.0.0.1 that serves it."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def publish(served: tuple[Path, str], *, sha256: str | None = None) -> Published:
    folder, url = served
    path = save(folder / "vgg16.pth", state_dict("features."))
    return Published(
        name="published-1",
        url=f"{url}/vgg16.pth",
        sha256=sha256 or hashlib.sha256(path.read_bytes()).hexdigest()[:8],
        mean=OXFORD_MEAN,
        deviation=(1.0, 1.0, 1.0),
    )


def test_a_download_is_kept_and_not_repeated(
    served: tuple[Path, str], base_settings: Settings
) -> None:
    published = publish(served)
    settings = asking_for("imagenet", base_settings)
    assert find_weights(settings, published).name == "published-1"
    (served[0] / "vgg16.pth").unlink()
    again = find_weights(settings, published)
    assert again.mean == OXFORD_MEAN
    assert float(again.load()[0].kernel[0, 0, 0, 0]) == 1


def test_a_broken_kept_file_is_fetched_again(
    served: tuple[Path, str], base_settings: Settings
) -> None:
    published = publish(served)
    kept = base_settings.data_dir / "weights" / "vgg16.pth"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"half of it")
    find_weights(asking_for("imagenet", base_settings), published)
    assert kept.read_bytes() == (served[0] / "vgg16.pth").read_bytes()


def test_half_downloads_are_swept_away(served: tuple[Path, str], base_settings: Settings) -> None:
    folder = base_settings.data_dir / "weights"
    folder.mkdir(parents=True)
    (folder / "vgg16.pth.0123.partial").write_bytes(b"half")
    find_weights(asking_for("imagenet", base_settings), publish(served))
    assert sorted(path.name for path in folder.iterdir()) == ["vgg16.lock", "vgg16.pth"]


def test_a_download_with_another_hash_is_refused(
    served: tuple[Path, str], base_settings: Settings
) -> None:
    published = publish(served, sha256="00000000")
    with pytest.raises(StartupError, match="invalid hash value"):
        find_weights(asking_for("imagenet", base_settings), published)
    assert [p.name for p in (base_settings.data_dir / "weights").iterdir()] == ["vgg16.lock"]


def test_no_internet_names_file_and_remedies(base_settings: Settings) -> None:
    nowhere = Published("x", "http://127.0.0.1:1/vgg16.pth", "0", OXFORD_MEAN, (1.0, 1.0, 1.0))
    with pytest.raises(StartupError) as refusal:
        find_weights(asking_for("imagenet", base_settings), nowhere)
    assert str(base_settings.data_dir / "weights" / "vgg16.pth") in str(refusal.value)
    assert "untrained" in str(refusal.value)


def test_auto_prefers_trained_weights(served: tuple[Path, str], base_settings: Settings) -> None:
    found = find_weights(asking_for("auto", base_settings), publish(served))
    assert found.name == "published-1"


def test_auto_falls_back_loudly(base_settings: Settings) -> None:
    nowhere = Published("x", "http://127.0.0.1:1/vgg16.pth", "0", OXFORD_MEAN, (1.0, 1.0, 1.0))
    with capture_logs() as logs:
        found = find_weights(asking_for("auto", base_settings), nowhere)
    assert found.name.startswith("untrained-")
    assert [line["log_level"] for line in logs if line["event"] == "trained_weights_missing"] == [
        "warning"
    ]


def test_a_published_file_given_by_path_is_known_by_its_hash(
    served: tuple[Path, str], base_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = publish(served)
    monkeypatch.setattr(weights_module, "IMAGENET", published)
    found = find_weights(asking_for(served[0] / "vgg16.pth", base_settings))
    assert (found.name, found.mean) == ("published-1", OXFORD_MEAN)


def test_hash_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(np.arange(500_000).tobytes())
    assert weights_module.file_sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()
