"""Where weights come from: the file in this repository, a file of one's own, or a seed."""

import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from encoder_worker.errors import StartupError
from encoder_worker.model.state_dict import read_convolutions, read_metadata
from encoder_worker.model.vgg16 import (
    OXFORD_DEVIATION,
    OXFORD_MEAN,
    TORCHVISION_DEVIATION,
    TORCHVISION_MEAN,
    Weights,
    untrained,
)
from shared.settings import Settings, WeightsInput

#: The convolutions trained on ImageNet; its README tells their origin and licence.
IMAGENET = Path(__file__).parent / "imagenet" / "vgg16.safetensors"
#: The key of a safetensors file's metadata that says how its network wants its pixels.
INPUT_KEY = "lookalike.input"

_HASH_BYTES = 1 << 20


class _Preparation(NamedTuple):
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]


_PREPARATIONS: Mapping[WeightsInput, _Preparation] = {
    "oxford": _Preparation(OXFORD_MEAN, OXFORD_DEVIATION),
    "torchvision": _Preparation(TORCHVISION_MEAN, TORCHVISION_DEVIATION),
}


class Published(NamedTuple):
    """A weight file that torchvision publishes; `sha256` is the prefix that its name carries."""

    name: str
    sha256: str
    input: WeightsInput


#: `VGG16_Weights.IMAGENET1K_FEATURES` and `IMAGENET1K_V1`: files that say nothing of their pixels
#: and are known by their hash. A test holds these lines to torchvision's own.
PUBLISHED = (
    Published("imagenet1k_features-88682ab5", "88682ab5", "oxford"),
    Published("imagenet1k_v1-397923af", "397923af", "torchvision"),
)


def find_weights(settings: Settings) -> Weights:
    """The weights that the settings ask for. Raises StartupError where they cannot be had."""
    match settings.weights:
        case "imagenet":
            return _from_file(IMAGENET, "imagenet", settings.weights_input)
        case "untrained":
            return untrained()
        case path:
            return _from_file(Path(path).expanduser(), "file", settings.weights_input)


def _from_file(path: Path, kind: str, settings_input: WeightsInput | None) -> Weights:
    if not path.is_file():
        raise StartupError(
            f"There is no weight file {path}. LOOKALIKE_WEIGHTS is `imagenet`, `untrained` or the "
            "path of a .safetensors or .pth file."
        )
    digest = file_sha256(path)
    known = _published(digest)
    chosen = choose_input(path, digest, settings_input)
    if known:
        name = known.name
    elif _said_input(path) is None:
        # The setting alone tells how pixels enter, and another setting is another vector space.
        name = f"{kind}-{digest[:8]}-{chosen}"
    else:
        name = f"{kind}-{digest[:8]}"
    return Weights(
        name=name,
        mean=_PREPARATIONS[chosen].mean,
        deviation=_PREPARATIONS[chosen].deviation,
        load=functools.partial(read_convolutions, path),
        path=path,
    )


def choose_input(path: Path, digest: str, asked: WeightsInput | None) -> WeightsInput:
    """How the file at `path`, of SHA-256 `digest`, wants its pixels.

    Published files are known by their hash, others say it in their metadata or leave it to the
    setting `asked`. Raises StartupError where nobody says it, or the two disagree.
    """
    known = _published(digest)
    said = known.input if known else _said_input(path)
    chosen = said or asked
    if chosen is None:
        raise StartupError(
            f"{path} does not say how its network wants its pixels. Set LOOKALIKE_WEIGHTS_INPUT "
            "to `oxford` (0-255 minus the ImageNet mean, as Keras's VGG16 and torchvision's "
            "IMAGENET1K_FEATURES) or to `torchvision` (divided by the deviation as well, as "
            "torchvision's own training does)."
        )
    if asked not in (None, chosen):
        raise StartupError(
            f"{path} was made for the input `{said}`, and LOOKALIKE_WEIGHTS_INPUT is `{asked}`. "
            "Unset it."
        )
    return chosen


def _said_input(path: Path) -> WeightsInput | None:
    said = read_metadata(path).get(INPUT_KEY)
    match said:
        case None | "oxford" | "torchvision":
            return said
        case _:
            raise StartupError(
                f"The metadata `{INPUT_KEY}` of {path} is {said!r}; it must be `oxford` or "
                "`torchvision`."
            )


def _published(digest: str) -> Published | None:
    return next((known for known in PUBLISHED if digest.startswith(known.sha256)), None)


def file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASH_BYTES):
            digest.update(block)
    return digest.hexdigest()
