"""One encoder for all tests that need one, as loading it takes seconds."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from encoder_worker.encode.devices import CPU
from encoder_worker.encode.encoder import Encoder
from encoder_worker.encode.factory import load_encoder
from encoder_worker.encode.runtime import Pixels
from shared.settings import Settings
from tests.drawn import draw


@pytest.fixture(scope="session")
def encoder_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose kept model every test's encoder reads."""
    return tmp_path_factory.mktemp("encoder")


@pytest.fixture(scope="session")
def encoder_settings(encoder_data: Path) -> Settings:
    return Settings(data_dir=encoder_data, weights="untrained", device="cpu")


@pytest.fixture(scope="session")
def encoder(encoder_settings: Settings) -> Iterator[Encoder]:
    """The untrained encoder as a load on this machine's CPU would run it."""
    loaded = load_encoder(encoder_settings, "loads", CPU)
    yield loaded
    loaded.close()


@pytest.fixture(scope="session")
def squares() -> list[Pixels]:
    """Three drawn pictures as the network takes them."""
    return [np.asarray(draw(index, (224, 224))) for index in range(3)]


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    """A picture's file in one of Pillow's formats."""
    out = BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def cosine(one: Any, other: Any) -> float:
    """The cosine of two vectors of any length."""
    a, b = (np.asarray(vector, np.float64) for vector in (one, other))
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))
