"""What the gateway does for clients and by itself, without HTTP."""

from collections.abc import Callable, Iterator

import pytest

from gateway.services.region_sweep import RegionSweep
from gateway.services.upload_sweep import UploadSweep
from shared.ledger import Jobs, RowLocks, UploadFiles
from shared.redis import RedisClient
from shared.settings import Settings
from shared.store import Collections, Images, ImageWriter, MilvusConnection, Regions
from tests.integration.gateway.client import Client

OpenSweep = Callable[[float], UploadSweep]


@pytest.fixture
def client(
    settings: Settings,
    redis: RedisClient,
    collections: Collections,
    images: Images,
    writer: ImageWriter,
) -> Iterator[Client]:
    opened = Client(settings, redis, collections, images, writer)
    yield opened
    opened.close()


@pytest.fixture
def open_sweep(
    settings: Settings, redis: RedisClient, collections: Collections, images: Images
) -> OpenSweep:
    """A gateway's sweep, which takes files of so many seconds for old."""

    def opened(safe_age: float) -> UploadSweep:
        jobs = Jobs(redis, settings)
        files, locks = UploadFiles(redis, jobs), RowLocks(redis)
        return UploadSweep(settings, collections, images, files, locks, safe_age=safe_age)

    return opened


@pytest.fixture
def open_region_sweep(
    connection: MilvusConnection, redis: RedisClient, collections: Collections, images: Images
) -> Callable[[], RegionSweep]:
    """A gateway's sweep of regions."""
    return lambda: RegionSweep(collections, images, Regions(connection), RowLocks(redis))
