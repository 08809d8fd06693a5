"""Collections to test on, and loads into them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from encoder_worker.encode.encoder import Encoder
from indexer.scan import chunk_producer
from shared.domain.collection import IndexSpec
from shared.domain.image import ImageRow
from shared.redis import RedisClient
from shared.sandbox.pool import DecoderPool
from shared.settings import Settings
from shared.store import Collections, Editions, Images, ImageWriter, MilvusConnection
from tests.integration.indexer.loads import Loads
from tests.integration.library import Library
from tests.integration.reencoding import NAMES
from tests.integration.shared.store.samples import Vectors, make_vectors
from tests.services import Valkey


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey of this test's own, which it may break."""
    service = Valkey(tmp_path / "valkey")
    yield service
    service.kill()


@pytest.fixture
def connection(settings: Settings) -> Iterator[MilvusConnection]:
    """The connection to Milvus of this test's stores."""
    opened = MilvusConnection(settings)
    yield opened
    opened.close()


@pytest.fixture
def collections(connection: MilvusConnection, settings: Settings) -> Collections:
    return Collections(connection, settings)


@pytest.fixture
def images(connection: MilvusConnection) -> Images:
    return Images(connection)


@pytest.fixture
def writer(connection: MilvusConnection) -> ImageWriter:
    return ImageWriter(connection)


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


OpenLibrary = Callable[..., Library]


@pytest.fixture
def open_library(
    settings: Settings, redis: RedisClient, encoder: Encoder, decoders: DecoderPool
) -> Iterator[OpenLibrary]:
    """Open a library with so many `encoders`; it is closed at the end of the test."""
    with ExitStack() as stack:

        def open_one(
            encoders: int = 1, settings: Settings = settings, *, regions: bool = False
        ) -> Library:
            opened = Library(settings, redis, encoder, decoders, encoders=encoders, regions=regions)
            stack.callback(opened.close)
            return opened

        yield open_one


@pytest.fixture
def editions(connection: MilvusConnection, collections: Collections) -> Editions:
    return Editions(connection, collections)


@pytest.fixture
def others(collections: Collections) -> Iterator[list[str]]:
    """Names of further collections, which are dropped."""
    made: list[str] = []
    yield made
    for name in made:
        collections.drop(name)


@pytest.fixture
def tagged(open_library: OpenLibrary, monkeypatch: pytest.MonkeyPatch) -> Library:
    """Seven pictures, each with a tag, under avg."""
    # A scan that waits for chunks leaves its thread at once.
    monkeypatch.setattr(chunk_producer, "HOLD_SECONDS", 0.05)
    opened = open_library()
    for index, name in enumerate(NAMES):
        opened.write(name, index)
    opened.load()
    for name in NAMES:
        opened.tag(name, f"of {name}")
    return opened
