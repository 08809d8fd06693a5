"""A load with the tests' one encoder, and pictures for it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from encoder_worker.encode.encoder import Encoder
from shared.redis import RedisClient, connect
from shared.sandbox.pool import DecoderPool
from shared.settings import Settings
from shared.store import ImageWriter, MilvusConnection
from tests.drawn import draw
from tests.integration.encoder_worker.load import Load
from tests.integration.gateway.client import Client


@pytest.fixture
def load(
    settings: Settings, redis: RedisClient, encoder: Encoder, decoders: DecoderPool
) -> Iterator[Load]:
    """A load into an empty collection of this test's own."""
    opened = Load(settings, redis, encoder, decoders)
    opened.make_collection()
    yield opened
    opened.close()


@pytest.fixture
def client(load: Load) -> Iterator[Client]:
    """A client of a gateway, which other threads may use too."""
    milvus, redis = MilvusConnection(load.settings), connect(load.settings)
    opened = Client(load.settings, redis, load.collections, load.images, ImageWriter(milvus))
    yield opened
    opened.close()
    milvus.close()
    redis.close()


Drawn = Callable[..., Path]


@pytest.fixture
def drawn(settings: Settings) -> Drawn:
    """Draw a picture under the image root; returns its path."""

    def put(index: int, name: str | None = None) -> Path:
        path = settings.image_roots[0] / (name or f"{index}.jpg")
        draw(index).save(path, "JPEG", quality=90)
        return path

    return put
