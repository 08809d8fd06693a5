"""Weights, bundled and from files: those accepted, those refused, and the messages."""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torchvision.models import VGG16_Weights

from encoder_worker.errors import StartupError
from encoder_worker.model import weights as weights_module
from encoder_worker.model.vgg16 import OXFORD_MEAN, TORCHVISION_MEAN, kernel_shapes
from encoder_worker.model.weights import IMAGENET, INPUT_KEY, PUBLISHED, Published, find_weights
from shared.settings import Settings
from tests.unit.encoder_worker.model.weight_files import safetensors, save, state_dict


def asking_for(path: Path | str, settings: Settings, asked: str | None = "torchvision") -> Settings:
    return settings.model_copy(update={"weights": str(path), "weights_input": asked})


@pytest.mark.parametrize("prefix", ["", "features.", "module.features."])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_file_of_vgg16_or_of_its_features_is_read(
    prefix: str, wrapped: bool, tmp_path: Path, base_settings: Settings
) -> None:
    state = state_dict(prefix)
    path = save(tmp_path / "w.pth", {"state_dict": state} if wrapped else state)
    found = find_weights(asking_for(path, base_settings))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.name == f"file-{digest[:8]}-torchvision"
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
    """Unpickling this would make a file; torch must refuse before it does."""

    def __init__(self, made: Path) -> None:
        self._made = made

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self._made,))


def test_a_file_that_holds_code_is_refused(tmp_path: Path, base_settings: Settings) -> None:
    made = tmp_path / "made"
    path = save(tmp_path / "w.pth", {"state_dict": _Code(made)})
    assert "cannot be read as tensors alone" in refused(path, base_settings)
    assert not made.exists()


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
    for published, torchvisions in zip(
        PUBLISHED,
        (VGG16_Weights.IMAGENET1K_FEATURES, VGG16_Weights.IMAGENET1K_V1),
        strict=True,
    ):
        assert f"-{published.sha256}.pth" in torchvisions.url
        assert published.name.endswith(published.sha256)
        preparation = weights_module._PREPARATIONS[published.input]
        for mine, theirs in (
            (preparation.mean, torchvisions.transforms().mean),
            (preparation.deviation, torchvisions.transforms().std),
        ):
            assert [value / 255 for value in mine] == pytest.approx(list(theirs))


def test_a_published_file_is_known_by_its_hash(
    tmp_path: Path, base_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path / "vgg16.pth", state_dict("features."))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(
        weights_module, "PUBLISHED", (Published("published-1", digest[:8], "oxford"),)
    )
    found = find_weights(asking_for(path, base_settings, None))
    assert (found.name, found.mean) == ("published-1", OXFORD_MEAN)


def test_the_weights_in_the_box_are_the_default(base_settings: Settings) -> None:
    assert Settings().weights == "imagenet"
    found = find_weights(asking_for("imagenet", base_settings, None))
    digest = hashlib.sha256(IMAGENET.read_bytes()).hexdigest()
    assert found.name == f"imagenet-{digest[:8]}"
    assert digest in (IMAGENET.parent / "README.md").read_text()
    assert (found.mean, found.deviation) == (OXFORD_MEAN, (1.0, 1.0, 1.0))
    # Keras's VGG16 begins its block1_conv1 with these, blue, green and red.
    first = found.load()[0].kernel[0, ::-1, 0, 0]
    assert first == pytest.approx([0.42947057, 0.55037946, 0.4800154], abs=3e-4)


@pytest.mark.parametrize(
    ("said", "mean"), [("oxford", OXFORD_MEAN), ("torchvision", TORCHVISION_MEAN)]
)
def test_a_file_says_how_it_wants_its_pixels(
    said: str, mean: tuple[float, ...], tmp_path: Path, base_settings: Settings
) -> None:
    path = safetensors(tmp_path / "w.safetensors", {INPUT_KEY: said})
    found = find_weights(asking_for(path, base_settings, None))
    assert found.name == f"file-{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"
    assert found.mean == mean
    assert [float(layer.kernel[0, 0, 0, 0]) for layer in found.load()] == list(range(1, 14))


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
def test_a_file_that_says_nothing_is_refused_with_the_two_choices(
    suffix: str, tmp_path: Path, base_settings: Settings
) -> None:
    path = tmp_path / f"w.{suffix}"
    safetensors(path) if suffix == "safetensors" else save(path, state_dict())
    with pytest.raises(StartupError, match=r"WEIGHTS_INPUT to `oxford` .* or to `torchvision`"):
        find_weights(asking_for(path, base_settings, None))


def test_one_file_prepared_in_two_ways_has_two_names(
    tmp_path: Path, base_settings: Settings
) -> None:
    path = safetensors(tmp_path / "w.safetensors")
    names = {
        find_weights(asking_for(path, base_settings, asked)).name
        for asked in ("oxford", "torchvision")
    }
    assert len(names) == 2


@pytest.mark.parametrize(
    ("metadata", "asked", "said"),
    [
        ("oxford", "torchvision", "made for the input `oxford`.*`torchvision`"),
        ("keras", None, "'keras'; it must be `oxford` or `torchvision`"),
    ],
)
def test_contradictions_are_refused(
    metadata: str, asked: str | None, said: str, tmp_path: Path, base_settings: Settings
) -> None:
    path = safetensors(tmp_path / "w.safetensors", {INPUT_KEY: metadata})
    with pytest.raises(StartupError, match=said):
        find_weights(asking_for(path, base_settings, asked))


def test_safetensors_that_end_early_are_refused(tmp_path: Path, base_settings: Settings) -> None:
    path = safetensors(tmp_path / "w.safetensors", {INPUT_KEY: "oxford"})
    path.write_bytes(path.read_bytes()[:-100])
    assert "cannot be read as tensors alone" in refused(path, base_settings)


def test_a_state_dict_without_torch_names_the_remedy(
    tmp_path: Path, base_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path / "w.pth", state_dict())
    monkeypatch.setitem(sys.modules, "torch", None)
    assert "Convert it where torch is" in refused(path, base_settings)


def test_conversion_keeps_what_it_read_and_is_repeatable(
    tmp_path: Path, base_settings: Settings
) -> None:
    source = save(tmp_path / "w.pth", state_dict("module.features."))
    command = [sys.executable, "-m", "encoder_worker.model.convert", str(source)]
    targets = [tmp_path / name for name in ("one.safetensors", "two.safetensors")]
    for target in targets:
        subprocess.run([*command, str(target), "--input", "oxford"], check=True)
    assert targets[0].read_bytes() == targets[1].read_bytes()
    found = find_weights(asking_for(targets[0], base_settings, None))
    assert found.mean == OXFORD_MEAN
    for one, other in zip(
        found.load(),
        find_weights(asking_for(source, base_settings, "oxford")).load(),
        strict=True,
    ):
        np.testing.assert_array_equal(one.kernel, other.kernel)
        np.testing.assert_array_equal(one.bias, other.bias)

    silent = subprocess.run([*command, "x"], capture_output=True, text=True, check=False)
    assert silent.returncode == 1
    assert "LOOKALIKE_WEIGHTS_INPUT" in silent.stderr


def test_hash_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(np.arange(500_000).tobytes())
    assert weights_module.file_sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()
