"""A real Milvus server, for tests of behaviour that milvus-lite does not have."""

import contextlib
import fcntl
import importlib.util
import os
import tempfile
from collections.abc import Iterator

import pytest

from shared.settings import Settings
from shared.store import Collections, Images, ImageWriter, MilvusConnection
from tests.services import MilvusServer


@pytest.fixture(scope="package")
def milvus_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusServer]:
    if importlib.util.find_spec("milvus") is None:
        if os.environ.get("CI"):
            pytest.fail("the wheel of the Milvus server is not installed")
        pytest.skip("the wheel of the Milvus server is not installed")
    with _alone_on_this_machine():
        server = MilvusServer(tmp_path_factory.mktemp("milvus-server"))
        yield server
        server.kill()


@contextlib.contextmanager
def _alone_on_this_machine() -> Iterator[None]:
    """The etcd within the wheel's server always listens on port 2380."""
    descriptor = os.open(tempfile.gettempdir(), os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@pytest.fixture
def server_settings(base_settings: Settings, milvus_server: MilvusServer) -> Settings:
    return base_settings.model_copy(update={"milvus_uri": milvus_server.uri})


class ServerStores:
    """All clients of one test, and a new collection."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.name = name
        self.milvus = MilvusConnection(settings)
        self.collections = Collections(self.milvus, settings)
        self.images = Images(self.milvus)
        self.writer = ImageWriter(self.milvus)
        self.collections.create(name, description="Ä", weights="w", pooling="avg")

    def close(self) -> None:
        self.milvus.close()


@pytest.fixture
def stores(server_settings: Settings, collection: str) -> Iterator[ServerStores]:
    opened = ServerStores(server_settings, collection)
    yield opened
    opened.collections.drop(collection)
    opened.close()
