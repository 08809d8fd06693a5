"""Every kind of outage of Redis raises Unavailable; a wrong command stays a RedisError."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis.exceptions import ResponseError

from shared.errors import Unavailable
from shared.ledger import Jobs
from shared.redis import RedisClient, connect, connect_async
from shared.settings import Settings
from tests.services import Valkey, wait_until


@pytest.fixture
def client(own_valkey: Valkey, settings: Settings) -> Iterator[RedisClient]:
    """A client of a Redis that the test may break."""
    client = connect(settings.model_copy(update={"redis_url": _url(settings, own_valkey.url)}))
    yield client
    client.close()


def _url(settings: Settings, url: str) -> object:
    return type(settings.redis_url)(url)


def refuse_writes(client: RedisClient, folder: Path) -> None:
    """Have Redis answer MISCONF: it cannot write its snapshot, as when the disk is full."""
    client.config_set("save", "3600 1")
    shutil.rmtree(folder)
    client.set("changed", 1)
    client.bgsave()
    wait_until(
        lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err", 20, "an error"
    )


def fill_memory(client: RedisClient, folder: Path) -> None:
    """Have Redis answer OOM."""
    client.config_set("maxmemory", 1)


def test_a_wait_that_ends_as_redis_becomes_a_replica_is_an_outage(client: RedisClient) -> None:
    """As a failover does to whoever waits for an answer or a query."""
    client.ping()
    becoming = threading.Timer(0.5, client.replicaof, ("127.0.0.1", "1"))
    becoming.start()
    with pytest.raises(Unavailable) as caught:
        client.xread({"stream": "0"}, block=4000)
    becoming.join()
    assert caught.value.code == "redis_read_only"


@pytest.mark.parametrize(
    ("break_it", "code"), [(refuse_writes, "redis_not_saving"), (fill_memory, "redis_full")]
)
def test_a_redis_that_takes_no_writes_is_an_outage(
    client: RedisClient, tmp_path: Path, break_it: Callable[[RedisClient, Path], None], code: str
) -> None:
    script = client.register_script("return redis.call('SET', KEYS[1], 'x')")
    script(keys=["written"])
    client.config_set("appendonly", "no")
    break_it(client, tmp_path / "valkey")

    def in_pipeline() -> None:
        with client.pipeline() as pipe:
            pipe.set("written", "x")
            pipe.execute()

    for write in (lambda: client.set("a", 1), lambda: script(keys=["written"]), in_pipeline):
        with pytest.raises(Unavailable) as refusal:
            write()
        assert refusal.value.code == code
        assert refusal.value.__cause__ is not None
    assert client.get("written") == b"x"


def test_a_mistake_of_ours_stays_what_it_is(client: RedisClient) -> None:
    client.set("text", "x")
    with pytest.raises(ResponseError):
        client.hget("text", "field")


def test_a_script_is_loaded_again_after_a_restart(client: RedisClient, own_valkey: Valkey) -> None:
    script = client.register_script("return 7")
    assert script() == 7
    client.script_flush()
    assert script() == 7
    with client.pipeline() as pipe:
        script(client=pipe)
        assert pipe.execute() == [7]


async def test_away_is_away_for_asyncio_too(base_settings: Settings) -> None:
    client = connect_async(base_settings, retries=0)
    with pytest.raises(Unavailable) as refusal:
        await client.get("any")
    assert refusal.value.code == "redis_unavailable"
    await client.aclose()


def test_a_retry_lock_that_expired_is_an_outage(redis: RedisClient, settings: Settings) -> None:
    with pytest.raises(Unavailable), Jobs(redis, settings).retry_lock("j"):
        redis.delete("lookalike:job:j:retry")
