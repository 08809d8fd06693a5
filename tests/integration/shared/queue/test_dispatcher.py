"""Messages are sent in batches and in order, and again after an outage of Redis."""

from pathlib import Path

import pytest

from shared.errors import Unavailable
from shared.queue.celery_app import create_celery
from shared.queue.dispatcher import Dispatcher
from shared.queue.routing import ENCODE
from shared.redis import RedisClient, connect
from shared.settings import Settings
from tests.chunks import sent_chunks
from tests.services import Valkey, wait_until


def test_each_chunk_is_a_message_of_its_own(redis: RedisClient, settings: Settings) -> None:
    dispatcher = Dispatcher(create_celery(settings))
    dispatcher.send_chunks("j", [f"c{n}" for n in range(5)], 5)
    assert sent_chunks(redis) == ["c0", "c1", "c2", "c3", "c4"]
    assert dispatcher.depth(ENCODE) == 5
    dispatcher.send_chunks("j", ["now"], 0)
    assert redis.llen(ENCODE) == 1
    dispatcher.send_chunks("j", [], 5)
    assert dispatcher.depth(ENCODE) == 6


def test_chunks_are_sent_once_redis_is_back(tmp_path: Path, settings: Settings) -> None:
    valkey = Valkey(tmp_path)
    try:
        own = settings.model_copy(update={"redis_url": type(settings.redis_url)(valkey.url)})
        redis = connect(own)
        dispatcher = Dispatcher(create_celery(own))
        dispatcher.send_chunks("j", ["c0"], 5)
        valkey.kill()
        with pytest.raises(Unavailable) as caught:
            dispatcher.send_chunks("j", ["c1", "c2"], 5)
        assert caught.value.code == "redis_unavailable"
        with pytest.raises(Unavailable):
            dispatcher.depth(ENCODE)
        valkey.start()
        wait_until(redis.ping, 10, "Redis")
        assert dispatcher.depth(ENCODE) == 1
        dispatcher.send_chunks("j", ["c1", "c2"], 5)
        assert sent_chunks(redis) == ["c0", "c1", "c2"]
    finally:
        valkey.kill()
