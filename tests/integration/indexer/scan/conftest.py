"""A collection with duplicates, and the job that finds them."""

from collections.abc import Iterator

import pytest

from indexer.scan import duplicates
from shared.domain.image import ImageRow
from shared.redis import RedisClient
from shared.settings import Settings
from shared.store import Collections
from tests.integration.alike import collection_of_curves, write_alike
from tests.integration.indexer.loads import Loads
from tests.integration.indexer.scan.duplicate_images import IMAGES


@pytest.fixture
def alike(
    settings: Settings, redis: RedisClient, collections: Collections, collection: str
) -> Iterator[Loads]:
    """Jobs on a collection of the bundled weights, which is empty."""
    with collection_of_curves(collections, collection):
        opened = Loads(settings, collection)
        yield opened
        opened.close()


@pytest.fixture
def rows(alike: Loads, monkeypatch: pytest.MonkeyPatch) -> list[ImageRow]:
    """`IMAGES`, which are looked at in batches of six."""
    monkeypatch.setattr(duplicates, "BATCH", 6)
    return write_alike(alike.writer, alike.collection, IMAGES)
