"""Collections to test on, and loads into them."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from shared.domain.collection import IndexSpec
from shared.domain.image import ImageRow
from shared.redis import RedisClient
from shared.settings import Settings
from shared.store import Collections, Images, ImageWriter
from tests.integration.indexer.loads import Loads
from tests.integration.shared.store.samples import Vectors, make_vectors


@pytest.fixture
def collections(settings: Settings) -> Iterator[Collections]:
    opened = Collections(settings)
    yield opened
    opened.close()


@pytest.fixture
def images(settings: Settings) -> Iterator[Images]:
    opened = Images(settings)
    yield opened
    opened.close()


@pytest.fixture
def writer(settings: Settings) -> Iterator[ImageWriter]:
    opened = ImageWriter(settings)
    yield opened
    opened.close()


@pytest.fixture
def empty(collections: Collections, collection: str) -> Iterator[str]:
    """A new, empty collection with a FLAT index, so that searches are exact."""
    collections.create(
        collection, weights="untrained-1", pooling="avg", index=IndexSpec(type="FLAT")
    )
    yield collection
    collections.drop(collection)


Fill = Callable[[Sequence[ImageRow]], Vectors]


@pytest.fixture
def fill(writer: ImageWriter, empty: str) -> Fill:
    """Write rows into the empty collection, with random vectors, which it returns."""

    def write(rows: Sequence[ImageRow]) -> Vectors:
        vectors = make_vectors(len(rows))
        writer.upsert(empty, rows, vectors)
        return vectors

    return write


@pytest.fixture
def loads(settings: Settings, redis: RedisClient, empty: str) -> Iterator[Loads]:
    """Loads into the empty collection, in chunks of two files."""
    small = settings.model_copy(update={"chunk_size": 2, "max_pending_chunks": 3})
    opened = Loads(small, empty)
    yield opened
    opened.close()
