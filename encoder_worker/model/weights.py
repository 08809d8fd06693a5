"""Where weights come from: downloaded, read from a file, or drawn from a seed."""

import fcntl
import functools
import hashlib
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from encoder_worker.errors import StartupError
from encoder_worker.model.vgg16 import (
    OXFORD_DEVIATION,
    OXFORD_MEAN,
    TORCHVISION_DEVIATION,
    TORCHVISION_MEAN,
    Weights,
    untrained,
)
from shared.log import get_logger
from shared.settings import Settings

_log = get_logger(__name__)

_HASH_BYTES = 1 << 20
_SILENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Published:
    """A weight file that torchvision publishes; `sha256` is the prefix that its name carries."""

    name: str
    url: str
    sha256: str
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]


#: `VGG16_Weights.IMAGENET1K_FEATURES`: the original Oxford weights, trained on mean-free pixels
#: of 0-255 rather than on unit deviation. Named here so that a worker whose weights are cached
#: starts without torch; a test holds these lines to torchvision's own.
IMAGENET = Published(
    name="imagenet1k_features-88682ab5",
    url="https://download.pytorch.org/models/vgg16_features-amdegroot-88682ab5.pth",
    sha256="88682ab5",
    mean=OXFORD_MEAN,
    deviation=OXFORD_DEVIATION,
)
#: `VGG16_Weights.IMAGENET1K_V1`, torchvision's own training; used when given as a file.
IMAGENET_V1 = Published(
    name="imagenet1k_v1-397923af",
    url="https://download.pytorch.org/models/vgg16-397923af.pth",
    sha256="397923af",
    mean=TORCHVISION_MEAN,
    deviation=TORCHVISION_DEVIATION,
)


def find_weights(settings: Settings, published: Published = IMAGENET) -> Weights:
    """The weights that the settings ask for.

    Raises StartupError where they cannot be had, unless the setting is `auto`.
    """
    match settings.weights:
        case "untrained":
            return untrained()
        case "imagenet":
            return download(published, settings)
        case "auto":
            try:
                return download(published, settings)
            except StartupError as error:
                found = untrained()
                _log.warning(
                    "trained_weights_missing",
                    using=found.name,
                    effect="searches find like colours and textures, not like things",
                    cause=str(error),
                )
                return found
        case path:
            return from_file(Path(path).expanduser())


def download(published: Published, settings: Settings) -> Weights:
    """A published file, fetched once into DATA_DIR/weights and checked against its hash.

    The file may also be put there by hand, for machines without the internet.
    Raises StartupError.
    """
    path = settings.data_dir / "weights" / published.url.rpartition("/")[2]
    path.parent.mkdir(parents=True, exist_ok=True)
    with one_process_at_a_time(path.with_suffix(".lock")):
        if not path.exists() or not file_sha256(path).startswith(published.sha256):
            _fetch(published, path)
    return _published_weights(published, path)


def from_file(path: Path) -> Weights:
    """The weights in a file: a state dict of torchvision's vgg16, or of its features alone.

    Pixels are normalised as torchvision's training recipes do, except for the published Oxford
    weights, which are known by their hash. Raises StartupError.
    """
    if not path.is_file():
        raise StartupError(
            f"There is no weight file {path}. LOOKALIKE_WEIGHTS is `imagenet`, `untrained`, "
            "`auto` or the path of a .pth file."
        )
    digest = file_sha256(path)
    for published in (IMAGENET, IMAGENET_V1):
        if digest.startswith(published.sha256):
            return _published_weights(published, path)
    return Weights(
        name=f"file-{digest[:8]}",
        mean=TORCHVISION_MEAN,
        deviation=TORCHVISION_DEVIATION,
        load=functools.partial(_read, path),
    )


def file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASH_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _published_weights(published: Published, path: Path) -> Weights:
    return Weights(
        name=published.name,
        mean=published.mean,
        deviation=published.deviation,
        load=functools.partial(_read, path),
    )


def _read(path: Path) -> Any:
    # Imported here: torch takes seconds and 200 MB, and a worker with a cached model needs none.
    from encoder_worker.model.state_dict import read_state_dict

    return read_state_dict(path)


def _fetch(published: Published, path: Path) -> None:
    from torch import hub

    _log.info("weights_downloading", url=published.url, to=str(path))
    began = time.monotonic()
    for left_over in path.parent.glob(f"{path.name}.*.partial"):
        left_over.unlink()  # of a process that was killed while it downloaded
    # torch.hub sets no time-out of its own; without one, `auto` hangs behind a silent firewall.
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SILENCE_SECONDS)
    try:
        hub.download_url_to_file(
            published.url, str(path), hash_prefix=published.sha256, progress=False
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise StartupError(
            f"The weights could not be fetched from {published.url}: {error}. Put that file at "
            f"{path}, or set LOOKALIKE_WEIGHTS to a file of your own or to `untrained`."
        ) from error
    finally:
        socket.setdefaulttimeout(before)
    _log.info("weights_downloaded", seconds=round(time.monotonic() - began, 1))


@contextmanager
def one_process_at_a_time(lock: Path) -> Iterator[None]:
    """Hold the file `lock`; the kernel frees it when its process ends, however it ends."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
