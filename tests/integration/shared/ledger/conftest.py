"""A ledger to test on."""

import pytest

from shared.redis import RedisClient
from shared.settings import Settings
from tests.integration.shared.ledger.ledger import Ledger


@pytest.fixture
def ledger(redis: RedisClient, settings: Settings) -> Ledger:
    return Ledger(redis, settings)
