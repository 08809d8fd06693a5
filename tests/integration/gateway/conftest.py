"""What the gateway does for clients and by itself, without HTTP."""

from collections.abc import Callable, Iterator

import pytest

from gateway.services.upload_sweep import UploadSweep
from shared.ledger import Jobs, RowLocks, UploadFiles
from shared.redis import RedisClient
from shared.settings import Settings
from shared.store import Collections, Images, ImageWriter
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
