"""A collection with duplicates and the job that finds them; collections to export and to fill."""

from collections.abc import Iterator

import pytest

from indexer.scan import duplicates, export
from shared.domain.collection import CollectionIdentity
from shared.domain.image import ImageRow
from shared.redis import RedisClient
from shared.settings import Settings
from shared.store import Collections
from tests.integration.alike import collection_of_curves, write_alike
from tests.integration.indexer.loads import Loads
from tests.integration.indexer.scan.duplicate_images import IMAGES
from tests.integration.indexer.scan.exported import fill, like_it


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


@pytest.fixture
def full(
    loads: Loads, collections: Collections, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CollectionIdentity]:
    """A collection to export, in parts of twenty rows that are read by ten."""
    monkeypatch.setattr(export, "PART_ROWS", 20)
    monkeypatch.setattr("shared.store.row_copies.READ_BATCH", 10)
    with like_it(collections, "\u00c4") as made:
        fill(loads, made)
        yield made


@pytest.fixture
def copy(collections: Collections) -> Iterator[CollectionIdentity]:
    """An empty collection like that."""
    with like_it(collections) as made:
        yield made
