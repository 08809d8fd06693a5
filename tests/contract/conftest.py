"""A gateway with real stores and simulated workers."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.domain.facts import Facts, Place
from shared.domain.image import ImageRow
from shared.redis import RedisClient
from shared.settings import Settings
from tests.contract.server import serving
from tests.contract.workers import Encoder, index
from tests.drawn import draw_files

FACTS = Facts(taken_at=1_704_067_200_000_000, camera="FUJIFILM X100V", gps=Place(lat=-1.5, lon=2))


@pytest.fixture
def api(settings: Settings, redis: RedisClient) -> Iterator[httpx.Client]:
    """A gateway on real stores that no encoder has served yet."""
    with serving(settings) as client:
        yield client


@pytest.fixture
def encoder(settings: Settings, redis: RedisClient) -> Iterator[Encoder]:
    """A live encoder that answers searches and works on loads."""
    with Encoder(settings) as running:
        yield running


@pytest.fixture
def stored(
    api: httpx.Client, encoder: Encoder, settings: Settings, pictures_root: Path, collection: str
) -> list[ImageRow]:
    """A collection, named as the `collection` fixture says, with six images of two tags.

    The even ones are known to have been taken, somewhere, at the first second of 2024.
    """
    api.post("/api/v2/collections", json={"name": collection}).raise_for_status()
    paths = draw_files(pictures_root, 6)
    even = index(settings, collection, paths[::2], tags=("even",), metadata={"n": 0}, facts=FACTS)
    odd = index(settings, collection, paths[1::2], tags=("odd", "wei\u00df"))
    return [row for pair in zip(even, odd, strict=True) for row in pair]


@pytest.fixture
def encoder_seen(settings: Settings, redis: RedisClient) -> None:
    """An encoder was here and is gone."""
    with Encoder(settings, answers=False):
        pass


@pytest.fixture
def picture(stored: list[ImageRow]) -> bytes:
    """The bytes of the first stored image."""
    return Path(stored[0].uri.removeprefix("file://")).read_bytes()


@pytest.fixture
def url(collection: str) -> str:
    return f"/api/v2/collections/{collection}"
