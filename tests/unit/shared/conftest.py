"""A ledger to test on."""

import pytest

from shared.redis_client import RedisClient
from shared.settings import Settings
from tests.unit.shared.ledger import Ledger


@pytest.fixture
def ledger(redis: RedisClient, settings: Settings) -> Ledger:
    return Ledger(redis, settings)
