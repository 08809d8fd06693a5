"""A live encoder that makes no progress does not delay the end of a load."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.ledger import JobRecovery, Workers, keys
from shared.redis import RedisClient, connect
from shared.settings import Settings
from tests.chaos.test_kills import assert_exact
from tests.services import wait_until
from tests.stack import Stack

pytestmark = pytest.mark.chaos


@contextmanager
def _stuck(pid: int, worker: str, redis: RedisClient) -> Iterator[None]:
    """Stop a process during its work, and send its heartbeats for it."""
    key, ended = keys.WORKER + worker, threading.Event()

    def beat() -> None:
        while not ended.wait(0.2):
            redis.pexpire(key, 3000)

    heart = threading.Thread(target=beat)
    os.kill(pid, signal.SIGSTOP)
    heart.start()
    try:
        yield
    finally:
        ended.set()
        heart.join()
        os.kill(pid, signal.SIGCONT)


def test_an_encoder_that_is_stuck(chaos_stack: Stack, photos: list[Path]) -> None:
    settings = Settings(redis_url=chaos_stack.valkey.url)
    redis = connect(settings)
    recovery, workers = JobRecovery(redis, "onlooker"), Workers(redis, settings)
    name = chaos_stack.start_encoder()
    try:
        chaos_stack.wait_encoders(2)
        (worker,) = (item.id for item in workers.list_alive() if item.name.startswith(name))
        job = chaos_stack.load("stuck")
        wait_until(lambda: worker in recovery.leases(job["id"]).values(), 60, "a chunk of its own")
        with _stuck(chaos_stack.processes[name].pid, worker, redis):
            assert worker in recovery.leases(job["id"]).values()
            assert chaos_stack.wait_job(job["id"])["status"] == "done"
        assert_exact(chaos_stack, "stuck", job["id"], photos)
    finally:
        chaos_stack.processes.pop(name).kill()
        redis.close()
