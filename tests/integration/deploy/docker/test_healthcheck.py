"""deploy.docker.healthcheck: what a container's health check answers."""

import os
import subprocess
import sys
import time

import pytest

from deploy.docker.healthcheck import is_alive
from shared.domain.worker import WorkerInfo
from shared.ledger import Workers
from shared.redis import RedisClient
from shared.settings import Settings


@pytest.fixture(params=["encoder@box", "box:17"])
def worker(settings: Settings, redis: RedisClient, request: pytest.FixtureRequest) -> WorkerInfo:
    """A live encoder of the host `box`, by each way that processes name themselves."""
    info = WorkerInfo(id="1", name=request.param, queue="encode", started_at=time.time())
    Workers(redis, settings).heartbeat(info)
    return info


def test_living_worker_of_this_host_is_healthy(worker: WorkerInfo, settings: Settings) -> None:
    assert is_alive("encode", "box", settings)


@pytest.mark.parametrize(("queue", "host"), [("query", "box"), ("encode", "bo"), ("encode", "x")])
def test_other_queues_and_other_hosts_do_not_count(
    worker: WorkerInfo, settings: Settings, queue: str, host: str
) -> None:
    assert not is_alive(queue, host, settings)


def test_silent_worker_is_not_healthy(
    worker: WorkerInfo, settings: Settings, redis: RedisClient
) -> None:
    Workers(redis, settings).deregister(worker.id)
    assert not is_alive("encode", "box", settings)


@pytest.mark.parametrize(("options", "status"), [([], 1), (["--or-redis-away"], 0)])
def test_redis_away_is_a_sentence_and_not_a_trace(options: list[str], status: int) -> None:
    done = check("redis://127.0.0.1:1/0", *options)
    assert done.returncode == status
    assert done.stderr.startswith("Redis does not answer: ")
    assert "Traceback" not in done.stderr


def test_no_worker_is_a_failure_whatever_is_said_of_redis(settings: Settings) -> None:
    done = check(settings.redis_address, "--or-redis-away")
    assert done.returncode == 1
    assert done.stderr.startswith("no worker of ")


def check(redis_url: str, *options: str) -> subprocess.CompletedProcess[str]:
    """The check of a container, run as an engine runs it."""
    return subprocess.run(
        [sys.executable, "-m", "deploy.docker.healthcheck", "encode", *options],
        env={**os.environ, "LOOKALIKE_REDIS_URL": redis_url},
        capture_output=True,
        text=True,
        check=False,
    )
