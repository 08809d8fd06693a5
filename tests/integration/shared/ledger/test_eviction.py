"""A Redis that may evict keys is refused, by each process at its start."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from shared.ledger import EvictionEnabled, require_noeviction
from shared.redis import connect
from shared.settings import Settings
from tests.services import Process, Valkey, free_port

_CELERY = ("-m", "celery", "-A")
_COMMANDS: dict[str, Sequence[str]] = {
    "gateway": ("-m", "uvicorn", "--factory", "gateway.app:create_app"),
    "indexer": (*_CELERY, "indexer.tasks", "worker", "-Q", "scan", "-P", "threads"),
    "encoder": (*_CELERY, "encoder_worker.tasks", "worker", "-Q", "encode", "-P", "threads"),
}


@pytest.fixture
def own(base_settings: Settings, own_valkey: Valkey) -> Settings:
    return base_settings.model_copy(
        update={"redis_url": type(base_settings.redis_url)(own_valkey.url)}
    )


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_any_policy_but_noeviction_is_refused(own: Settings, policy: str) -> None:
    redis = connect(own)
    require_noeviction(redis)
    redis.config_set("maxmemory-policy", policy)
    with pytest.raises(EvictionEnabled, match=f"{policy}.*noeviction"):
        require_noeviction(redis)
    redis.close()


def test_a_redis_that_does_not_answer_is_waited_for(base_settings: Settings) -> None:
    redis = connect(base_settings, retries=0)
    require_noeviction(redis)
    redis.close()


@pytest.mark.parametrize("name", _COMMANDS)
def test_no_process_works_with_a_redis_that_evicts(
    name: str, own: Settings, own_valkey: Valkey, tmp_path: Path
) -> None:
    redis = connect(own)
    redis.config_set("maxmemory-policy", "allkeys-lru")
    redis.close()
    environment = {
        "LOOKALIKE_REDIS_URL": own_valkey.url,
        "LOOKALIKE_DATA_DIR": str(tmp_path / "data"),
        "LOOKALIKE_WEIGHTS": "untrained",
        "UVICORN_PORT": str(free_port()),
    }
    process = Process([sys.executable, *_COMMANDS[name]], tmp_path / "process.log", environment)
    try:
        assert process.wait(120) != 0
    finally:
        process.kill()
    assert "Set it to noeviction." in process.log.read_text()
