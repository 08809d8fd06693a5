"""Fixtures that every test may ask for: real stores, settings of its own, pictures."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.redis import RedisClient, connect
from shared.settings import Settings
from tests.drawn import draw_files
from tests.services import MilvusLite, Valkey
from tests.stack import Stack, running_stack

pytest_plugins = ["tests.decoding", "tests.encoders", "tests.scheduling"]

_REPOSITORY = Path(__file__).parent.parent
_databases = itertools.cycle(range(1, 256))
_names = itertools.count()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A Valkey that the whole session shares; each test has a database of its own."""
    service = Valkey(tmp_path_factory.mktemp("valkey"))
    yield service
    service.kill()


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusLite]:
    """A milvus-lite that the whole session shares; tests name their collections apart."""
    service = MilvusLite(tmp_path_factory.mktemp("milvus"))
    yield service
    service.kill()


@pytest.fixture(scope="session")
def valkey_url(valkey: Valkey) -> str:
    return valkey.url


@pytest.fixture(scope="session")
def milvus_uri(milvus: MilvusLite) -> str:
    return milvus.uri


@pytest.fixture
def collection() -> str:
    """A collection name that no other test of this session uses."""
    return f"test_{next(_names)}"


@pytest.fixture
def base_settings(tmp_path: Path) -> Settings:
    """Settings without stores: nothing answers behind their Redis and Milvus addresses."""
    (tmp_path / "pictures").mkdir()
    return Settings(
        image_roots=(tmp_path / "pictures",),
        data_dir=tmp_path / "data",
        weights="untrained",
        redis_url="redis://127.0.0.1:1/0",
        milvus_uri="http://127.0.0.1:1",
        lease_seconds=3,
    )


@pytest.fixture
def settings(
    base_settings: Settings, valkey_url: str, milvus_uri: str, collection: str
) -> Settings:
    """Settings on real stores, with an empty Redis database of their own."""
    url = valkey_url.removesuffix("/0") + f"/{next(_databases)}"
    return base_settings.model_copy(
        update={
            "redis_url": type(base_settings.redis_url)(url),
            "milvus_uri": milvus_uri,
            "default_collection": collection,
        }
    )


@pytest.fixture
def redis(settings: Settings) -> Iterator[RedisClient]:
    """The client of this test's Redis database, emptied before and after."""
    client = connect(settings)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def pictures_root(settings: Settings) -> Path:
    """The image root of this test: an empty folder."""
    return settings.image_roots[0]


def test_data() -> Path | None:
    """The folder of real pictures that LOOKALIKE_TEST_DATA names, or None where it is absent."""
    folder = Path(os.environ.get("LOOKALIKE_TEST_DATA", _REPOSITORY.parent / "shared" / "data"))
    return folder.resolve() if folder.is_dir() else None


test_data.__test__ = False  # type: ignore[attr-defined]  # pytest: this is no test


@pytest.fixture
def pictures(pictures_root: Path) -> Callable[[int], list[Path]]:
    """Put `count` pictures, real ones where there are any, under the image root."""

    def put(count: int) -> list[Path]:
        data = test_data()
        if data is None:
            return draw_files(pictures_root, count)
        found = sorted((data / "clothing").rglob("*.jpg"))
        # Every n-th, so that all classes are among them.
        chosen = found[:: max(1, len(found) // count)][:count]
        paths = []
        for source in chosen:
            path = pictures_root / source.parent.name / source.name
            path.parent.mkdir(exist_ok=True)
            shutil.copyfile(source, path)
            paths.append(path)
        return paths

    return put


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole system, shared by the tests that leave it as they found it."""
    folder = tmp_path_factory.mktemp("stack")
    root = folder / "pictures"
    root.mkdir()
    with running_stack(folder, root) as running:
        yield running


@pytest.fixture(scope="session")
def real_pictures() -> Path:
    """The folder of real pictures; a test that needs its truth is skipped where it is absent."""
    data = test_data()
    if data is None:
        pytest.skip("LOOKALIKE_TEST_DATA names no folder of real pictures")
    return data
